import { describe, expect, it } from "vitest";
import { foreignHosts, type HostOwners } from "../../../../src/hub/intents/host-names.ts";
import { parseIntentResource } from "../../../../src/intent/parse.ts";
import { minimal } from "../../../support/intents.ts";

const OWNERS = new Map([
  ["team-a", ["chat.example.com", "*.a.example.com"]],
  ["operators", ["*"]],
  ["*", ["*.open.example.com"]],
]);

function problems(tenant: string, domains: readonly (string | undefined)[], owners: HostOwners | undefined) {
  const ports = domains.map((domain, at) => ({
    port: 8000 + at,
    expose: true,
    ...(domain !== undefined && { domain }),
  }));
  const parsed = parseIntentResource(minimal({}, { ports }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return foreignHosts(parsed.intent.spec, tenant, owners);
}

describe("the host names of an Intent", () => {
  it.each([
    ["team-a", "chat.example.com"],
    ["team-a", "llm.a.example.com"],
    ["team-a", "deep.llm.a.example.com"],
    ["team-a", "*.a.example.com"],
    ["team-a", "x.open.example.com"],
    ["team-b", "x.open.example.com"],
    ["operators", "anything.example.org"],
  ])("may be, of tenant %s, %s", (tenant, host) => {
    expect(problems(tenant, [host], OWNERS)).toEqual([]);
  });

  it.each([
    ["team-b", "chat.example.com"],
    ["team-a", "chat.example.com.evil.org"],
    ["team-a", "xchat.example.com"],
    ["team-a", "a.example.com"],
    ["team-a", "*.example.com"],
    ["team-a", "evila.example.com"],
    ["team-b", "open.example.com"],
    ["constructor", "chat.example.com"],
  ])("may not be, of tenant %s, %s", (tenant, host) => {
    expect(problems(tenant, [host], OWNERS)).toMatchObject([
      { path: "spec.workload.ports[0].domain", reason: "invalid" },
    ]);
  });

  it("are told with what they may be and who gives them out, each at its place", () => {
    expect(problems("team-a", ["chat.example.com", undefined, "other.example.com"], OWNERS)).toEqual([
      {
        path: "spec.workload.ports[2].domain",
        reason: "invalid",
        message:
          "is other.example.com, which is no host of tenant team-a, which may name chat.example.com, *.a.example.com, " +
          "*.open.example.com; the operator of the hub gives hosts out (intents.hosts)",
      },
    ]);
    expect(problems("team-b", ["a.example.com"], new Map())[0]?.message).toContain("which may name none");
  });

  it("may be any where nobody gives them out", () => {
    expect(problems("team-b", ["chat.example.com"], undefined)).toEqual([]);
  });
});
