import { describe, expect, it } from "vitest";
import { parseContract } from "../../../../src/fluidos/contract.ts";
import { roundName } from "../../../../src/fluidos/discovery.ts";
import { parsePeeringCandidate } from "../../../../src/fluidos/peering-candidate.ts";
import {
  type CandidateFacts,
  nodeOf,
  standingsOf,
} from "../../../../src/hub/engines/fluidos/candidate-offers.ts";
import { candidateObject } from "../../fluidos/samples.ts";
import { offerOptions } from "../builders.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const MINUTE = 60_000;
const FLAVOR = "fluidos.eu-k8slice-a1b2";
type Parts = NonNullable<Parameters<typeof candidateObject>[0]>;

const seen = (minutesAgo: number, parts: Parts = {}) =>
  parsePeeringCandidate(
    candidateObject({
      ...parts,
      spec: { interestedSolverIDs: [roundName(NOW - minutesAgo * MINUTE)], ...parts.spec },
    }),
  );
const contractOf = (parts: Parts, gpus: number) =>
  parseContract({
    metadata: { name: "contract-1" },
    spec: {
      flavor: candidateObject(parts).spec.flavor,
      configuration: {
        type: "K8Slice",
        data: { cpu: "1", memory: "512Mi", pods: "10", gpu: { count: gpus } },
      },
    },
  });
const nodes = (facts: Partial<CandidateFacts>, options = offerOptions()) => {
  const standings = standingsOf({
    candidates: [seen(0)],
    contracts: [],
    knownClusters: [{ name: "k", address: "172.18.0.4:30001", expiresAt: undefined }],
    isHeld: () => false,
    isWell: () => true,
    now: NOW,
    staleAfterMs: 2.5 * MINUTE,
    forgetAfterMs: 60 * MINUTE,
    ...facts,
  });
  return new Map([...standings].map(([name, standing]) => [name, nodeOf(standing, options)]));
};
const offerOf = (facts: Partial<CandidateFacts>, flavor = FLAVOR) => nodes(facts).get(flavor)?.offers[0];
const problemsOf = (facts: Partial<CandidateFacts>, flavor = FLAVOR) =>
  (nodes(facts).get(flavor)?.problems ?? []).map(({ message }) => message).join("; ");

describe("a candidate as an offer", () => {
  it("is what its Flavor says, for one GPU", () => {
    expect(offerOf({})).toMatchObject({
      id: `alpha/${FLAVOR}/nvidia.com/gpu`,
      operator: "cloud-provider-1",
      node: FLAVOR,
      resource: "nvidia.com/gpu",
      total: 4,
      free: 4,
      soldOnce: true,
      unitRate: 1.125,
      currency: "EUR",
      gpu: { model: "nvidia-h100", memoryGi: 80, vendor: "nvidia" },
      place: { region: "eu-west-1", zone: "zone-a", country: "ie" },
      cpu: 7.936509,
    });
  });

  it("that went through upstream FLUIDOS is what a hub like this one tells beside its GPUs", () => {
    const additionalProperties = { resource: "nvidia.com/gpu", total: "4", free: "4", provider: "acme" };
    const gpu = { vendor: undefined, count: undefined, hourly_rate: undefined, provider: undefined };
    const through = (slice: object): object => {
      const { flavorType } = candidateObject({ gpu, slice }).spec.flavor.spec;
      const typeData = { ...flavorType.typeData, properties: { additionalProperties } };
      const price = { amount: "8", currency: "EUR", period: "hourly" };
      return { price, flavorType: { ...flavorType, typeData } };
    };
    const rest = { cpu: "6936509182n", memory: `${31_206_396 - 2 ** 19}Ki` };
    const candidates = [
      seen(0, { flavorSpec: through({}) }),
      seen(0, { flavor: "rest", flavorSpec: through(rest) }),
    ];
    expect(offerOf({ candidates })).toMatchObject({ operator: "acme", total: 4, unitRate: 2 });
    // Its price is still that of all four.
    expect(offerOf({ candidates, contracts: [contractOf({}, 3)] }, "rest")).toMatchObject({
      total: 1,
      unitRate: 2,
    });
  });

  it("obeys what the Provider says of its nodes", () => {
    const options = offerOptions({ stated: { priceFactor: 2 }, closed: "provider alpha is paused" });
    expect(nodes({}, options).get(FLAVOR)?.offers[0]).toMatchObject({ unitRate: 2.25, free: 0 });
  });

  it("without GPU is none, and without a count is told as unclear", () => {
    expect([...nodes({ candidates: [seen(0, { gpu: null })] })]).toEqual([]);
    const upstream = { candidates: [seen(0, { gpu: { vendor: undefined, count: undefined } })] };
    expect(nodes(upstream).get(FLAVOR)?.offers).toEqual([]);
    expect(problemsOf(upstream)).toContain("does not tell how many GPUs");
  });

  it("that cannot be read hides no other", () => {
    const broken = parsePeeringCandidate({ metadata: { name: "broken" } });
    expect([...nodes({ candidates: [broken, seen(0)] }).keys()]).toEqual([FLAVOR]);
  });
});

describe("a candidate that cannot be had says why", () => {
  const sold = { "flare.clastix.io/sold-by": "contract-0" };
  const refused = {
    "flare.clastix.io/refused-until": new Date(NOW + MINUTE).toISOString(),
    "flare.clastix.io/refused-because": "purchase failed",
  };
  const other = seen(0, { flavor: "other" });
  it.each<[string, Partial<CandidateFacts>, string]>([
    ["sold to us", { contracts: [contractOf({}, 4)] }, "sold by contract-1"],
    [
      "sold to us once, and offered again",
      { candidates: [seen(0, { annotations: sold })] },
      "sold by contract-0",
    ],
    [
      "failed a moment ago",
      { candidates: [seen(0, { annotations: refused })] },
      "not tried before 2026-11-25T12:01:00",
    ],
    [
      "of a provider whose GPUs were of no use a moment ago",
      {
        candidates: [
          seen(0),
          seen(0, {
            flavor: "other",
            annotations: { ...refused, "flare.clastix.io/refused-seller": "true" },
          }),
        ],
      },
      "not tried before 2026-11-25T12:01:00.000Z: purchase failed",
    ],
    [
      "missed by two rounds that found others",
      { candidates: [seen(3), other] },
      "does not offer it any more",
    ],
    ["not seen for an hour", { candidates: [seen(61)] }, "not seen for 1h"],
    ["of a provider that is known no more", { knownClusters: [] }, "is no KnownCluster"],
    [
      "reserved by somebody else",
      { candidates: [seen(0, { spec: { available: false } })] },
      "somebody else reserves it",
    ],
    ["a remainder without pods", { candidates: [seen(0, { slice: { pods: "0" } })] }, "has no room for pods"],
  ])("%s", (_, facts, message) => {
    expect(problemsOf(facts)).toContain(message);
    expect(offerOf(facts)?.free).toBe(0);
  });

  it("a refusal ends by itself", () => {
    const candidates = [
      seen(0, {
        annotations: { ...refused, "flare.clastix.io/refused-until": new Date(NOW - 1).toISOString() },
      }),
    ];
    expect(offerOf({ candidates })?.free).toBe(4);
  });

  it("a refusal of one Flavor is none of its provider's others", () => {
    const candidates = [seen(0), seen(0, { flavor: "other", annotations: refused })];
    expect(offerOf({ candidates })?.free).toBe(4);
  });
});

describe("defects of FLUIDOS that the offers bear", () => {
  it("one failing provider fails Discovery: nobody's candidates grow old by it", () => {
    const candidates = [seen(40), seen(39, { flavor: "other" })];
    expect(offerOf({ candidates })?.free).toBe(4);
    expect(offerOf({ candidates }, "other")?.free).toBe(4);
  });

  it("remainder Flavor oversells GPUs: only what the sale left is offered, at its share of the rate", () => {
    const slice = { cpu: "6936509182n", memory: `${31_206_396 - 2 ** 19}Ki` };
    const rest = seen(0, { flavor: "rest", slice });
    const facts = { candidates: [seen(0), rest], contracts: [contractOf({}, 3)] };
    expect(offerOf(facts, "rest")).toMatchObject({ total: 1, free: 1, unitRate: 1.125 });
    expect(nodes({ ...facts, contracts: [contractOf({}, 4)] }).has("rest")).toBe(false);
  });
});

describe("a candidate that an Intent holds", () => {
  const held = { isHeld: (flavor: string) => flavor === FLAVOR };

  it("is told as it was bought, whatever the federation says of it: the ledger subtracts", () => {
    const contracts = [contractOf({}, 2)];
    for (const candidates of [[seen(0)], [seen(30), seen(0, { flavor: "other" })], []])
      expect(offerOf({ ...held, contracts, candidates })).toMatchObject({ total: 2, free: 2 });
  });

  it("costs what its part costs, of slices too", () => {
    const additionalProperties = { resource: "nvidia.com/mig-1g.10gb", count: "1", total: "7", free: "7" };
    const parts = { gpu: { count: 1, memory: "80Gi", hourly_rate: 7, sharing_strategy: "mig" } };
    const withSlices = (object: ReturnType<typeof candidateObject>) => {
      Object.assign(object.spec.flavor.spec.flavorType.typeData, { properties: { additionalProperties } });
      return object;
    };
    const candidates = [parsePeeringCandidate(withSlices(candidateObject(parts)))];
    const configuration = { type: "K8Slice", data: { cpu: "1", memory: "1Gi", gpu: { count: 2 } } };
    const { flavor } = withSlices(candidateObject(parts)).spec;
    const contracts = [parseContract({ metadata: { name: "c" }, spec: { flavor, configuration } })];
    expect(offerOf({ candidates })).toMatchObject({ total: 7, unitRate: 1 });
    expect(offerOf({ ...held, candidates, contracts })).toMatchObject({ total: 2, unitRate: 1 });
  });

  it("is told whole while nothing is bought yet, or bought without a word of GPUs", () => {
    expect(offerOf(held)).toMatchObject({ total: 4, free: 4 });
    expect(offerOf({ ...held, contracts: [contractOf({}, 0)] })).toMatchObject({ total: 4, free: 4 });
  });

  it("is a node that is not ready while its peering is lost", () => {
    expect(nodes({ ...held, isWell: () => false }).get(FLAVOR)?.node.ready).toBe(false);
    expect(nodes(held).get(FLAVOR)?.node.ready).toBe(true);
  });
});
