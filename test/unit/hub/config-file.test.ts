import { describe, expect, it } from "vitest";
import { configWith } from "../../../src/cli/hub-flags.ts";
import { defaultHubConfig } from "../../../src/hub/config.ts";
import { readHubConfig } from "../../../src/hub/config-file.ts";
import { intentOptions } from "../../../src/hub/intents/config.ts";

const problems = (text: string): readonly string[] => {
  const read = readHubConfig("hub.yaml", text);
  return read.ok ? [] : read.problems;
};

describe("the configuration file of a hub", () => {
  it("may be empty: everything has a default", () => {
    expect(readHubConfig("hub.yaml", "")).toMatchObject({
      ok: true,
      config: {
        leaderElection: { enabled: false, leaseDuration: 15_000 },
        flavors: { enabled: true, namespace: "fluidos" },
      },
    });
  });

  it("may be of a provider, and say of its cluster what a Provider object would", () => {
    const read = readHubConfig("hub.yaml", "role: provider\nprovider: { name: alpha, priceFactor: 1.2 }");
    expect(read).toMatchObject({
      ok: true,
      config: { role: "provider", provider: { name: "alpha", priceFactor: 1.2, paused: false } },
    });
  });

  it("writes durations as people do", () => {
    const read = readHubConfig("hub.yaml", "providers: { probeEvery: 1m30s }");
    expect(read).toMatchObject({ ok: true, config: { providers: { probeEvery: 90_000 } } });
  });

  it.each([
    [
      "a setting that there is not",
      "flavors:\n  namespaces: a\n",
      ["hub.yaml:2:3: flavors.namespaces: there is no such setting"],
    ],
    [
      "a section that there is not",
      "a: 1\nflavor: {}\n",
      ["hub.yaml:1:1: a: there is no such setting", "hub.yaml:2:1: flavor: there is no such setting"],
    ],
    [
      "a role that there is not",
      "role: broker\n",
      ['hub.yaml:1:1: role: Invalid option: expected one of "hub"|"provider"'],
    ],
    [
      "of a provider's cluster how it is reached",
      "role: provider\nprovider:\n  inCluster: true\n",
      ["hub.yaml:3:3: provider.inCluster: there is no such setting"],
    ],
    [
      "no duration",
      "providers:\n  probeEvery: soon\n",
      ["hub.yaml:2:3: providers.probeEvery: a duration such as 15s, not below 100ms"],
    ],
    [
      "a deadline past the lease",
      "leaderElection:\n  renewDeadline: 20s\n",
      ["hub.yaml:2:3: leaderElection.renewDeadline: must be shorter than leaseDuration"],
    ],
    [
      "an item of a list",
      "tolerations:\n  - key: a\n  - operator: Maybe\n",
      [expect.stringMatching(/^hub\.yaml:3:5: tolerations\.1\.operator: /)],
    ],
    [
      "a rate that is none",
      "intents:\n  currencyRates:\n    USD: -1\n    EURO: 1\n",
      [
        "hub.yaml:3:5: intents.currencyRates.USD: what one unit is worth in EUR, above 0",
        "hub.yaml:4:5: intents.currencyRates.EURO: no currency of ISO 4217",
      ],
    ],
    [
      "a rate of the euro",
      "intents:\n  currencyRates: { EUR: 2 }\n",
      ["hub.yaml:2:20: intents.currencyRates.EUR: is what the rates are in, so 1"],
    ],
    [
      "a currency without a rate",
      "intents:\n  currency: BRL\n",
      ["hub.yaml:2:3: intents.currency: has no rate: add it to intents.currencyRates"],
    ],
    [
      "a quantity, a range and a name inside of the workload's defaults",
      [
        "intents:",
        "  workload:",
        "    defaultRequests: { cpu: lots }",
        "    network:",
        "      blocked:",
        "        - 10.0.0.0/8",
        "        - 10.0.0.0/40",
        "    storage: { className: Fast! }",
        "",
      ].join("\n"),
      [
        "hub.yaml:3:24: intents.workload.defaultRequests.cpu: a quantity such as 500m, 2 or 4Gi",
        "hub.yaml:7:11: intents.workload.network.blocked.1: a range such as 10.0.0.0/8 or fd00::/8",
        "hub.yaml:8:16: intents.workload.storage.className: a name in lower case letters, digits, - and .",
      ],
    ],
    [
      "a webhook without a key, and not what its URL holds",
      "webhooks:\n  - { name: ops, url: https://u:hunter2@example.com/hook }\n",
      ["hub.yaml:2:5: webhooks.0: give one of secretFile and secretEnv: every notification is signed"],
    ],
    [
      "a webhook of another protocol",
      "webhooks:\n  - name: ops\n    url: ftp://hunter2@example.com\n    secretEnv: KEY\n",
      ["hub.yaml:3:5: webhooks.0.url: a URL that begins with https:// or http://"],
    ],
    [
      "two webhooks of one name",
      "webhooks:\n  - { name: a, url: https://a, secretEnv: A }\n  - { name: a, url: https://b, secretEnv: B }\n",
      ["hub.yaml:3:7: webhooks.1.name: another webhook has this name"],
    ],
    ["no mapping", "[]", [expect.stringMatching(/^hub\.yaml:1:1: the file: /)]],
    ["no YAML", "a: [", [expect.stringMatching(/^hub\.yaml:1:\d+: /)]],
  ])("tells the place of %s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it("says what holds for all Intents", () => {
    const text = [
      "intents:",
      "  currency: USD",
      "  currencyRates: { USD: 0.9, BRL: 0.16 }",
      "  maxInterruption: 90s",
      "  workload:",
      "    storage: { className: fast }",
      "    ingress: { className: nginx, domain: gpu.example.com, tls: {} }",
      "    podSecurity: { runAsUser: image }",
      "",
    ].join("\n");
    const read = readHubConfig("hub.yaml", text);
    if (!read.ok) throw new Error(read.problems.join("\n"));
    expect(intentOptions(read.config.intents)).toMatchObject({
      currency: "USD",
      currencyRates: { EUR: 1, USD: 0.9, BRL: 0.16, GBP: 1.15 },
      maxInterruptionMs: 90_000,
      letGoAfterMs: 86_400_000,
      workload: {
        storage: { className: "fast" },
        ingress: { className: "nginx", domain: "gpu.example.com", tls: {} },
        podSecurity: { runAsUser: "image" },
      },
    });
  });

  it("says whose host names are whose, and which of them are none", () => {
    const text = "intents:\n  hosts:\n    team-a: [chat.example.com, '*.a.example.com']\n    '*': ['*']\n";
    const read = readHubConfig("hub.yaml", text);
    if (!read.ok) throw new Error(read.problems.join("\n"));
    expect(intentOptions(read.config.intents).hosts).toEqual(
      new Map([
        ["team-a", ["chat.example.com", "*.a.example.com"]],
        ["*", ["*"]],
      ]),
    );
    expect(intentOptions(defaultHubConfig().intents).hosts).toBeUndefined();
    const what = "a host name in lower case, *.example.com for all below it, or * for any";
    expect(problems("intents:\n  hosts:\n    team-a: [Chat.example.com, 'a.*.com']\n")).toEqual([
      `hub.yaml:3:14: intents.hosts.team-a.0: ${what}`,
      `hub.yaml:3:32: intents.hosts.team-a.1: ${what}`,
    ]);
  });

  it("has the REST API only where it has its section, were it empty", () => {
    expect(readHubConfig("hub.yaml", "")).not.toHaveProperty("config.api");
    expect(readHubConfig("hub.yaml", "api: {}")).toMatchObject({
      ok: true,
      config: {
        api: { listen: { host: "", port: 8080 }, tenants: { source: "auto" }, quotas: { tenants: {} } },
      },
    });
    expect(problems("api:\n  listen: somewhere\n  trustedProxies: [x]\n")).toEqual([
      "hub.yaml:2:3: api.listen: written as :8080, 127.0.0.1:8080 or [::1]:8080",
      "hub.yaml:3:20: api.trustedProxies.0: an IP address or a network such as 10.0.0.0/8",
    ]);
  });

  it("has no webhooks unless it names some", () => {
    const read = readHubConfig(
      "hub.yaml",
      "webhooks: [{ name: ops, url: 'https://example.com/a?b=c', secretFile: /k }]",
    );
    expect(read).toMatchObject({
      ok: true,
      config: { webhooks: [{ name: "ops", timeout: 10_000, attempts: 20, giveUpAfter: 3_600_000 }] },
    });
    expect(readHubConfig("hub.yaml", "")).toMatchObject({ ok: true, config: { webhooks: [] } });
  });

  it("gives way to flags", () => {
    const read = readHubConfig("hub.yaml", "leaderElection: { enabled: true }\nflavors: { namespace: a }");
    const none = defaultHubConfig();
    const file = read.ok ? read.config : none;
    const flags = { namespace: "flare-system", flavors: true, listen: "off", logLevel: "info" } as const;
    expect(configWith(flags, file)).toMatchObject({
      leaderElection: { enabled: true },
      flavors: { enabled: true, namespace: "a" },
    });
    expect(configWith({ ...flags, flavors: false, flavorsNamespace: "b" }, file).flavors).toMatchObject({
      enabled: false,
      namespace: "b",
    });
    expect(configWith({ ...flags, leaderElect: true }, none).leaderElection.enabled).toBe(true);
    expect(configWith({ ...flags, currency: "USD" }, none).intents.currency).toBe("USD");
    expect(() => configWith({ ...flags, currency: "dollars" }, none)).toThrow(
      "--currency dollars: there is no rate",
    );
  });
});
