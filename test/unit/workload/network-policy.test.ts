import { describe, expect, test } from "vitest";
import { parseCidr } from "../../../src/workload/cidr.ts";
import { type Case, objectOf } from "./examples.ts";

const port = { port: 8080, expose: true };
const ingress = (given: Case = {}): unknown[] => {
  const [, ...rules] = (objectOf("NetworkPolicy", given).spec?.ingress ?? []) as unknown[];
  return rules;
};
const rule = (action: string, source: string, more: Record<string, unknown> = {}) => ({
  port: 8080,
  protocol: "TCP",
  action,
  source,
  ...more,
});
const withRules = (...firewallRules: Record<string, unknown>[]): Case => ({
  workload: { ports: [port] },
  spec: { constraints: { security: { firewallRules } } },
});
const block = (cidr: string, ...except: string[]) => ({
  ipBlock: { cidr, ...(except.length > 0 ? { except } : {}) },
});
const on = [{ protocol: "TCP", port: 8080 }];

describe("what is let in", () => {
  test("without exposed ports: the workload's own pods alone", () => {
    const { spec } = objectOf("NetworkPolicy", { workload: { ports: [{ port: 8080 }] } });
    expect(spec?.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(spec?.podSelector).toEqual({});
    expect(spec?.ingress).toEqual([{ from: [{ podSelector: expect.anything() }] }]);
  });

  test.each<[string, Case, unknown[]]>([
    ["an exposed port from everywhere", { workload: { ports: [port] } }, [{ ports: on }]],
    [
      "an exposed port from the ingress controller, where it is configured",
      { workload: { ports: [port] }, options: { network: { ingressFrom: { name: "ingress" } } } },
      [{ from: [{ namespaceSelector: { matchLabels: { name: "ingress" } } }], ports: on }],
    ],
    [
      "only what a rule allows",
      withRules(rule("Allow", "10.1.2.3/8")),
      [{ from: [block("10.0.0.0/8")], ports: on }],
    ],
    ["an address alone", withRules(rule("Allow", "10.1.2.3")), [{ from: [block("10.1.2.3/32")], ports: on }]],
    [
      "what is allowed without what is denied within it",
      withRules(rule("Allow", "10.0.0.0/8"), rule("Deny", "10.9.0.0/16"), rule("Deny", "192.168.0.0/16")),
      [{ from: [block("10.0.0.0/8", "10.9.0.0/16")], ports: on }],
    ],
    [
      "everybody but those denied",
      withRules(rule("Deny", "203.0.113.0/24"), rule("Deny", "2001:db8::/32")),
      [{ from: [block("0.0.0.0/0", "203.0.113.0/24"), block("::/0", "2001:db8::/32")], ports: on }],
    ],
    ["nobody, where all are denied", withRules(rule("Deny", "0.0.0.0/0"), rule("Deny", "::/0")), []],
    [
      "nobody, where what is allowed is denied",
      withRules(rule("Allow", "10.0.0.0/8"), rule("Deny", "10.0.0.0/8")),
      [],
    ],
    ["nobody, where a denial cannot be read", withRules(rule("Deny", "the bad ones")), []],
    ["nobody, where an allowance cannot be read", withRules(rule("Allow", "the good ones")), []],
    [
      "a port that a rule opens beside the exposed one",
      withRules(rule("Allow", "10.0.0.0/8", { port: 9, protocol: "udp" })),
      [{ ports: on }, { from: [block("10.0.0.0/8")], ports: [{ protocol: "UDP", port: 9 }] }],
    ],
    [
      "no port that is only denied to some",
      withRules(rule("Deny", "10.0.0.0/8", { port: 9 })),
      [{ ports: on }],
    ],
  ])("%s", (_, given, rules) => {
    expect(ingress(given)).toEqual(rules);
  });
});

describe("what is let out", () => {
  const dns = {
    ports: [
      { protocol: "UDP", port: 53 },
      { protocol: "TCP", port: 53 },
    ],
  };
  const ownPods = { podSelector: expect.anything() };
  test.each<[string, NonNullable<Case["options"]>["network"], unknown[]]>([
    [
      "everything but the metadata service",
      {},
      [block("0.0.0.0/0", "169.254.169.254/32"), block("::/0", "fd00:ec2::254/128")],
    ],
    [
      "everything but what is blocked",
      { blocked: ["10.0.0.0/8"] },
      [block("0.0.0.0/0", "10.0.0.0/8"), block("::/0")],
    ],
    ["names and its own pods only, when closed", { egress: "closed" }, []],
    ["what is allowed, when closed", { egress: "closed", allowed: ["10.0.0.0/8"] }, [block("10.0.0.0/8")]],
  ])("%s", (_, network = {}, blocks) => {
    expect(objectOf("NetworkPolicy", { options: { network } }).spec?.egress).toEqual([
      dns,
      { to: [ownPods, ...blocks] },
    ]);
  });
});

describe("a range of addresses", () => {
  test.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255", "255.255.255.255/32"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["::1", "::1/128"],
    ["1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7:8/128"],
  ])("%s is %s", (text, canonical) => {
    expect(parseCidr(text)?.text).toBe(canonical);
  });

  test.each([
    "",
    "any",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    ":::",
    "1::2::3",
    "1:2:3",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
  ])("%j is none", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});
