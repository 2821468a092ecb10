import { describe, expect, it } from "vitest";
import { configWith } from "../../../src/cli/hub-flags.ts";
import { readHubConfig } from "../../../src/hub/config-file.ts";

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
    ["no mapping", "[]", [expect.stringMatching(/^hub\.yaml:1:1: the file: /)]],
    ["no YAML", "a: [", [expect.stringMatching(/^hub\.yaml:1:\d+: /)]],
  ])("tells the place of %s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it("gives way to flags", () => {
    const read = readHubConfig("hub.yaml", "leaderElection: { enabled: true }\nflavors: { namespace: a }");
    const file = read.ok ? read.config : undefined;
    const flags = { namespace: "flare-system", flavors: true, listen: "off", logLevel: "info" } as const;
    expect(configWith(flags, file)).toMatchObject({
      leaderElection: { enabled: true },
      flavors: { enabled: true, namespace: "a" },
    });
    expect(configWith({ ...flags, flavors: false, flavorsNamespace: "b" }, file).flavors).toMatchObject({
      enabled: false,
      namespace: "b",
    });
    expect(configWith({ ...flags, leaderElect: true }).leaderElection.enabled).toBe(true);
  });
});
