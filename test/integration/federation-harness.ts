/** What the tests of the simulated federation do again and again. */
import { afterEach } from "vitest";
import type {
  AllocationStatus,
  ReservationStatus,
  SolverStatus,
} from "../../src/sandbox/federation/fluidos-types.ts";
import {
  addGpuNode,
  candidateOf,
  startTestFederation,
  type TestFederation,
  type TestFederationOptions,
  type TestSite,
  until,
} from "../support/federation.ts";

const open: TestFederation[] = [];
afterEach(async () => {
  for (const federation of open.splice(0)) await federation.close();
});

export async function start(options: TestFederationOptions = {}): Promise<TestFederation> {
  const federation = await startTestFederation(options);
  open.push(federation);
  return federation;
}

export const onlyFind = { intentID: "look", findCandidate: true };
export const all = { intentID: "all", findCandidate: true, reserveAndBuy: true, establishPeering: true };
export const small = {
  flavorType: "K8Slice",
  filters: {
    cpuFilter: { name: "Range", data: { min: "1" } },
    memoryFilter: { name: "Range", data: { min: "512Mi" } },
    podsFilter: { name: "Range", data: { min: "10" } },
  },
};

/** Waits until the consumer's Solver has that phase; returns its status. */
export async function solved(
  { consumer }: TestFederation,
  name: string,
  phase = "Solved",
): Promise<SolverStatus> {
  const read = async (): Promise<SolverStatus> => (await consumer.find("solvers", name))?.status ?? {};
  await until(async () => (await read()).solverPhase?.phase).toBe(phase);
  return read();
}

/** The Reservation of a candidate, as a client makes it without a Solver. Returns its status once it is done. */
export async function reserve(
  { consumer }: TestFederation,
  flavor: string,
  more: object = {},
): Promise<ReservationStatus | undefined> {
  const candidate = await consumer.get("peeringcandidates", candidateOf(flavor));
  const { data } = await consumer.get("configmaps", "fluidos-node-identity");
  await consumer.create("reservations", "mine", {
    solverID: "nobody",
    buyer: { domain: data?.domain, nodeID: data?.nodeID, ip: `${data?.ip}:${data?.port}` },
    seller: candidate.spec.flavor.spec.owner,
    peeringCandidate: { name: candidateOf(flavor), namespace: "fluidos" },
    configuration: { type: "K8Slice", data: { cpu: "1", memory: "512Mi", pods: "10" } },
    reserve: true,
    purchase: true,
    ...more,
  });
  const read = async () => (await consumer.get("reservations", "mine")).status;
  await until(async () => (await read())?.phase.phase).toMatch(/Solved|Failed/);
  return read();
}

/** Waits until the consumer's Allocation says that; returns its status. */
export async function allocated(
  { consumer }: TestFederation,
  name: string,
  message: string,
): Promise<AllocationStatus | undefined> {
  const read = async () => (await consumer.get("allocations", name)).status;
  await until(async () => (await read())?.message).toBe(message);
  return read();
}

/** What has its own virtual node at the consumer: by the name of its Contract, which all that follows has, too. */
export interface Peered {
  readonly federation: TestFederation;
  readonly flavor: string;
  readonly contract: string;
}

/** A federation where alpha has one Flavor, which is known as a candidate. */
export async function known(options: TestFederationOptions = {}) {
  const federation = await start(options);
  const { consumer } = federation;
  const flavor = await addGpuNode(federation.site("alpha"), "gpu-1");
  await consumer.create("solvers", "look", onlyFind);
  await solved(federation, "look");
  return { federation, consumer, flavor };
}

/** Finds, reserves, buys and peers with alpha, without a Solver but for finding. */
export async function peered(options: TestFederationOptions = {}): Promise<Peered> {
  const { federation, consumer, flavor } = await known(options);
  const { contract } = (await reserve(federation, flavor)) ?? {};
  await consumer.create("allocations", "mine", { contract });
  return { federation, flavor, contract: contract?.name ?? "" };
}

export const TENANT = "liqo-tenant-alpha";

/** Whether the Node is ready; undefined where there is none. */
export async function readiness(site: TestSite, node: string): Promise<string | undefined> {
  const { status } = (await site.find("nodes", node)) ?? {};
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

/** Asks for GPUs on the contract's own ResourceSlice, which FLUIDOS does not. */
export async function askForGpus({ federation, contract }: Peered, count: string): Promise<void> {
  const { consumer } = federation;
  await until(() => consumer.find("resourceslices", contract, TENANT)).toBeDefined();
  await consumer.admin.patch(consumer.path("resourceslices", contract, TENANT), "merge", {
    spec: { resources: { "nvidia.com/gpu": count } },
  });
}

/** Makes a namespace of the consumer that is offloaded to alpha, as FLARE does. */
export async function offload({ consumer }: TestFederation, namespace: string): Promise<void> {
  await consumer.create("namespaces", namespace, {});
  const term = { key: "liqo.io/remote-cluster-id", operator: "In", values: ["alpha"] };
  await consumer.create(
    "namespaceoffloadings",
    "offloading",
    {
      namespaceMappingStrategy: "DefaultName",
      podOffloadingStrategy: "Remote",
      clusterSelector: { nodeSelectorTerms: [{ matchExpressions: [term] }] },
    },
    namespace,
  );
}

export const phaseOf = async ({ consumer }: TestFederation, namespace: string): Promise<string | undefined> =>
  (await consumer.find("namespaceoffloadings", "offloading", namespace))?.status?.offloadingPhase;

/** A pod that is pinned to a virtual node and asks for GPUs there. */
export const gpuPod = (node: string, gpus = 1): object => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }],
      },
    },
  },
  containers: [
    {
      name: "main",
      image: "registry.example/train:1",
      resources: { limits: { cpu: "500m", "nvidia.com/gpu": String(gpus) } },
    },
  ],
});

let settled = 0;

/** Lets everything else come to rest: a Solver goes all of its way from a Discovery that finds nothing new. */
export async function settle(federation: TestFederation): Promise<void> {
  settled += 1;
  const name = `settle-${settled}`;
  const nothing = {
    flavorType: "K8Slice",
    filters: { podsFilter: { name: "Range", data: { min: "9999" } } },
  };
  await federation.consumer.create("solvers", name, { ...onlyFind, selector: nothing });
  const read = async () => (await federation.consumer.find("solvers", name))?.status?.solverPhase?.phase;
  await until(read).toMatch(/Solved|Failed/);
}
