import { describe, expect, it } from "vitest";
import { parseKnownCluster } from "../../../../src/fluidos/identity.ts";
import { parsePeeringCandidate } from "../../../../src/fluidos/peering-candidate.ts";
import { discoveryTrouble } from "../../../../src/hub/engines/fluidos/discovery-trouble.ts";
import { candidateObject } from "../../fluidos/samples.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const known = (name: string, address: string, expirationTime?: string) =>
  parseKnownCluster({
    metadata: { name },
    spec: { address },
    ...(expirationTime === undefined ? {} : { status: { expirationTime, lastUpdateTime: expirationTime } }),
  });
const alpha = known("alpha", "172.18.0.4:30001");
const beta = known("beta", "172.18.0.5:30001");
const candidates = [parsePeeringCandidate(candidateObject())];
const trouble = (parts: Partial<Parameters<typeof discoveryTrouble>[0]>) =>
  discoveryTrouble({
    said: "Error when getting Flavor",
    knownClusters: [alpha, beta],
    candidates,
    now: NOW,
    ...parts,
  });

describe("one failing provider fails Discovery: who that is", () => {
  it.each([
    [
      "one that has expired, before all others",
      { knownClusters: [alpha, beta, known("gone", "172.18.0.9:1", "2026-11-25T11:59:00Z")] },
      "nothing new is heard of the others while it is there; expired: gone (172.18.0.9:1)",
    ],
    [
      "one that was never heard to offer anything",
      {},
      "nothing new is heard of the others while it is there; never heard to offer anything: beta (172.18.0.5:30001)",
    ],
    [
      "any, where all were heard",
      { knownClusters: [alpha, known("twin", "172.18.0.4:30001")] },
      "it may be any of: alpha (172.18.0.4:30001), twin (172.18.0.4:30001)",
    ],
    [
      "the only one",
      { knownClusters: [alpha] },
      "does not answer; it may be any of: alpha (172.18.0.4:30001)",
    ],
    [
      "some of many",
      { knownClusters: Array.from({ length: 8 }, (_, at) => known(`k-${at}`, `10.0.0.${at}:1`)) },
      "k-4 (10.0.0.4:1) and 3 more",
    ],
  ])("%s", (_, parts, told) => {
    expect(trouble(parts)).toContain(told);
    expect(trouble(parts)).toContain("rounds of discovery fail (Error when getting Flavor)");
  });

  it.each(["No Flavors found", "Solver has not found any candidate", ""])("is nobody at %j", (said) => {
    expect(trouble({ said })).toBeUndefined();
  });
});
