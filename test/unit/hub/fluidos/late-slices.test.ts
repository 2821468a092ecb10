import { describe, expect, it } from "vitest";
import { parseAllocation } from "../../../../src/fluidos/allocation.ts";
import { parseContract } from "../../../../src/fluidos/contract.ts";
import { parseResourceSlice } from "../../../../src/fluidos/liqo.ts";
import { CANDIDATE_KEYS, parsePeeringCandidate } from "../../../../src/fluidos/peering-candidate.ts";
import type { ConsumerView } from "../../../../src/hub/engines/fluidos/consumer-view.ts";
import { lateSlices } from "../../../../src/hub/engines/fluidos/late-slices.ts";
import { candidateObject } from "../../fluidos/samples.ts";

const slice = (name: string, deletionTimestamp?: string) =>
  parseResourceSlice({ metadata: { name, namespace: "liqo-tenant-alpha", deletionTimestamp } });
const given = [
  parsePeeringCandidate(candidateObject({ annotations: { [CANDIDATE_KEYS.soldBy]: "contract-1" } })),
];

/** A federation that has a slice, and whatever else is said. */
function view(parts: Partial<ConsumerView>, all = [slice("contract-1"), slice("contract-2")]): ConsumerView {
  const empty: Partial<ConsumerView> = {
    candidates: () => given,
    contracts: () => [],
    allocations: () => [],
    slices: (contract) => all.filter(({ name }) => name === contract),
  };
  return { ...empty, ...parts } as ConsumerView;
}

describe("a slice that FLUIDOS makes of what was given back", () => {
  it("is known by the Contract that was ours, and nobody else's is taken for one", () => {
    expect(lateSlices(view({})).map(({ name }) => name)).toEqual(["contract-1"]);
  });

  it.each<[string, Partial<ConsumerView>]>([
    [
      "the Contract is still there",
      { contracts: () => [parseContract({ metadata: { name: "contract-1" } })] },
    ],
    [
      "an Allocation still names it",
      { allocations: () => [parseAllocation({ metadata: {}, spec: { contract: { name: "contract-1" } } })] },
    ],
    ["we never bought it", { candidates: () => [parsePeeringCandidate(candidateObject())] }],
  ])("is none where %s", (_, parts) => {
    expect(lateSlices(view(parts))).toEqual([]);
  });

  it("is left alone while it is being deleted", () => {
    expect(lateSlices(view({}, [slice("contract-1", "2026-11-25T12:00:00Z")]))).toEqual([]);
  });
});
