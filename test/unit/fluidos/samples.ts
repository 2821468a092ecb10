import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseAllocation } from "../../../src/fluidos/allocation.ts";
import { parseContract } from "../../../src/fluidos/contract.ts";
import { parseDiscovery, parseSolver } from "../../../src/fluidos/discovery.ts";
import { gpusOf } from "../../../src/fluidos/gpus.ts";
import { parseIdentity, parseKnownCluster } from "../../../src/fluidos/identity.ts";
import { parseNamespaceOffloading, parseResourceSlice } from "../../../src/fluidos/liqo.ts";
import { parseFlavor } from "../../../src/fluidos/parse-flavor.ts";
import { parsePeeringCandidate } from "../../../src/fluidos/peering-candidate.ts";
import { parseReservation } from "../../../src/fluidos/reservation.ts";

const FOLDER = "../shared/data/fluidos";

/** Whether the objects of the interoperability specification are at hand. */
export const samplesAreThere = existsSync(FOLDER);

/** One of them, by its file. */
export const sample = (file: string): unknown => parse(readFileSync(`${FOLDER}/${file}.yaml`, "utf8"));

/** The CRD that a kind is checked by; undefined where it is not at hand. */
export function crdOf(group: string, plural: string): string | undefined {
  const path = `../shared/crds/${group}_${plural}.yaml`;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** A PeeringCandidate as FLUIDOS writes it, for four H100 or whatever else the GPU block says. */
export function candidateObject({
  flavor = "fluidos.eu-k8slice-a1b2",
  gpu = {},
  spec = {},
  status = {},
  annotations = {},
  slice = {},
  flavorSpec = {},
}: {
  readonly flavor?: string;
  readonly gpu?: object | null;
  readonly spec?: object;
  readonly status?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly slice?: object;
  readonly flavorSpec?: object;
} = {}) {
  const block = {
    vendor: "nvidia",
    model: "nvidia-h100",
    count: 4,
    memory: "320Gi",
    cores: "67584",
    tier: "premium",
    hourly_rate: 4.5,
    region: "zone-a",
    zone: "eu-west-1",
    provider: "cloud-provider-1",
    ...gpu,
  };
  return {
    apiVersion: "advertisement.fluidos.eu/v1alpha1",
    kind: "PeeringCandidate",
    metadata: { name: `peeringcandidate-${flavor}`, namespace: "fluidos", annotations },
    spec: {
      available: true,
      interestedSolverIDs: ["gpu-discovery"],
      flavor: {
        metadata: { name: flavor, namespace: "fluidos" },
        spec: {
          availability: true,
          providerID: "4ahrqttvng",
          owner: { domain: "fluidos.eu", nodeID: "4ahrqttvng", ip: "172.18.0.4:30001" },
          price: { amount: "", currency: "", period: "" },
          networkPropertyType: "networkProperty",
          flavorType: {
            typeIdentifier: "K8Slice",
            typeData: {
              characteristics: {
                architecture: "amd64",
                cpu: "7936509182n",
                memory: "31206396Ki",
                pods: "110",
                storage: "0",
                ...(gpu === null ? {} : { gpu: block }),
                ...slice,
              },
              policies: { partitionability: {} },
              properties: {},
            },
          },
          ...flavorSpec,
        },
      },
      ...spec,
    },
    status: { creationTime: "2025-09-02T20:41:20Z", lastUpdateTime: "2025-09-02T20:41:25Z", ...status },
  };
}

const gpus = (object: unknown) => {
  const parsed = parseFlavor(object);
  return parsed.ok ? { ...parsed, gpus: gpusOf(parsed.facts) } : parsed;
};
const FOUR_GPUS = { kind: "gpus", units: { resource: "nvidia.com/gpu", total: 4, free: 4 } };

/** Every object of the specification: what reads it, and what it is read as. Transactions are FLUIDOS's own affair. */
export const SAMPLES: readonly (readonly [string, string, (object: unknown) => unknown, object])[] = [
  [
    "the identity",
    "00-node-identity-configmap",
    parseIdentity,
    { ok: true, identity: { domain: "fluidos.eu", nodeID: "rd5ks7x9yz", ip: "172.18.0.5:30000" } },
  ],
  [
    "a KnownCluster",
    "01-knowncluster",
    parseKnownCluster,
    { address: "172.18.0.4:30001", expiresAt: Date.parse("2025-09-02T20:41:16Z") },
  ],
  ["a Flavor with GPUs", "02-flavor-gpu", gpus, { ok: true, problems: [], gpus: FOUR_GPUS }],
  ["the seed's Solver", "03-solver-as-seed", parseSolver, { name: "solar-x7k2p", phase: "" }],
  ["a solved Solver", "04-solver-gpu-working", parseSolver, { phase: "Solved", findCandidate: "Solved" }],
  ["a Discovery", "05-discovery", parseDiscovery, { solver: "solar-x7k2p", phase: "Solved" }],
  [
    "a PeeringCandidate",
    "06-peeringcandidate",
    parsePeeringCandidate,
    {
      ok: true,
      candidate: { available: false, interested: ["gpu-discovery", "solar-x7k2p"], problems: [] },
    },
  ],
  [
    "a Reservation",
    "07-reservation",
    parseReservation,
    {
      phase: "Solved",
      contract: { name: "contract-fluidos-eu-k8slice-a1b2-02dd", namespace: "fluidos" },
      transaction: "5f4dcc3b5aa765d61d8327deb882cf99-1756845685123456789",
    },
  ],
  ["a Transaction", "08-transaction", (object) => object, { spec: { flavorID: "fluidos.eu-k8slice-a1b2" } }],
  [
    "a Contract",
    "09-contract",
    (object) => parseContract(object),
    {
      transaction: "5f4dcc3b5aa765d61d8327deb882cf99-1756845685123456789",
      buyerCluster: "fluidos-consumer-1",
      sellerCluster: "fluidos-provider-1",
      configuration: { cpu: 1, memoryBytes: 2 ** 29, pods: 10, gpus: 0 },
    },
  ],
  [
    "an Allocation",
    "10-allocation",
    parseAllocation,
    {
      state: "Active",
      contract: "contract-fluidos-eu-k8slice-a1b2-02dd",
      foreignCluster: "fluidos-provider-1",
    },
  ],
  [
    "a ResourceSlice, which has no GPU",
    "11-resourceslice",
    parseResourceSlice,
    { asked: { cpu: 1, memory: 2 ** 29, pods: 10 }, granted: {}, resources: "" },
  ],
  [
    "a NamespaceOffloading",
    "12-namespaceoffloading",
    parseNamespaceOffloading,
    { phase: "Ready", remoteNamespace: "solar-x7k2p-fluidos-consumer-1" },
  ],
];
