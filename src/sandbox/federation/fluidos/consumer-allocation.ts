import { sleep } from "../../../kubernetes/timing.ts";
import { ApiError } from "../../errors.ts";
import { type Controller, namesIn, other, own, until } from "../controller.ts";
import type { Allocation, AllocationState, Contract } from "../fluidos-types.ts";
import { ALLOCATIONS, CONTRACTS, FOREIGN_CLUSTERS, NODES, SLICES, VIRTUAL_NODES } from "../kinds.ts";
import { isEstablished } from "../liqo/foreign-cluster.ts";
import { isNodeReady } from "../liqo/node.ts";
import { establish, tenantNamespace } from "../liqo/peering.ts";
import { stamp, type World } from "../world.ts";
import { sliceFor } from "./slice.ts";

/** The consumer's side of an Allocation: peering, one Allocation after the other, then watching it from afar. */
export function consumerAllocationController(world: World): Controller {
  const cluster = world.consumer.cluster.as("rear-manager");
  return {
    name: "allocation",
    wakes: [
      own(cluster, ALLOCATIONS),
      other(cluster, FOREIGN_CLUSTERS, ({ spec }) => allocationsWith(world, spec.clusterID)),
    ],
    reconcile: async (key, signal) => {
      const { name, namespace } = namesIn(key);
      const allocation = cluster.get(ALLOCATIONS, name, namespace);
      if (allocation !== undefined) await step(world, allocation, signal);
      return undefined;
    },
  };
}

/** The Allocations that hear of a ForeignCluster: those that are peered, or were. */
function allocationsWith(world: World, liqoId: string): readonly string[] {
  return world.consumer.cluster
    .list(ALLOCATIONS)
    .filter(
      (allocation) =>
        ["Active", "Provisioning"].includes(allocation.status?.status ?? "") &&
        contractOf(world, allocation)?.spec.peeringTargetCredentials.liqoID === liqoId,
    )
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

const contractOf = ({ consumer }: World, { spec }: Allocation): Contract | undefined =>
  consumer.cluster.get(CONTRACTS, spec.contract?.name ?? "", spec.contract?.namespace);

async function step(world: World, allocation: Allocation, signal: AbortSignal): Promise<void> {
  const state = allocation.status?.status;
  if (state === "Error") return;
  if (state === undefined) return write(world, allocation, "Inactive", "Allocation has been set to Inactive");
  const contract = contractOf(world, allocation);
  if (contract === undefined) return write(world, allocation, "Error", "Error when getting Contract");
  switch (state) {
    case "Inactive":
      return write(world, allocation, "Peering", "Allocation is now in Peering");
    case "Peering":
      return peer(world, allocation, contract, signal);
    case "Active":
      return look(world, allocation, contract);
    case "Provisioning":
      if (!world.consumer.has("stuckInProvisioning")) look(world, allocation, contract);
  }
}

/** What is known of the peering, as the message; the state is `Active` with a peering that is not ready, too. */
function look(world: World, allocation: Allocation, { spec }: Contract): void {
  const name = spec.peeringTargetCredentials.liqoID;
  const foreign = world.consumer.cluster.get(FOREIGN_CLUSTERS, name);
  const ready = foreign !== undefined && isEstablished(foreign) ? "ready" : "not yet ready";
  if (foreign === undefined)
    write(world, allocation, "Provisioning", "ForeignCluster not found, peering not yet started");
  else write(world, allocation, "Active", `Outgoing peering ${ready}, Allocation is Active`, { name });
}

async function peer(
  world: World,
  allocation: Allocation,
  contract: Contract,
  signal: AbortSignal,
): Promise<void> {
  const { consumer } = world;
  const { liqoID } = contract.spec.peeringTargetCredentials;
  // Upstream leaves it at that: the Allocation stays as it is.
  if (consumer.has("peersOnce") && consumer.cluster.get(FOREIGN_CLUSTERS, liqoID) !== undefined) return;
  try {
    if (!(await establish(world, liqoID, signal))) throw new Error("timed out waiting for the peering");
    await offload(world, contract, signal);
  } catch (error) {
    if (signal.aborted) return;
    world.log.debug({ allocation: allocation.metadata.name, error: String(error) }, "peering failed");
    return write(world, allocation, "Error", `Error when peering with cluster ${liqoID}`);
  }
  if (!signal.aborted) write(world, allocation, "Active", "Allocation is now Active");
}

/** Makes the ResourceSlice and waits until it was answered. Throws where that takes too long, or it is there already. */
async function offload(world: World, contract: Contract, signal: AbortSignal): Promise<void> {
  const { consumer, timings } = world;
  const cluster = consumer.cluster.as("rear-manager");
  const { liqoID } = contract.spec.peeringTargetCredentials;
  const { name } = contract.metadata;
  const namespace = tenantNamespace(liqoID);
  makeSlice(world, contract);
  const wait = async (holds: () => boolean, of: typeof SLICES | typeof VIRTUAL_NODES | typeof NODES) => {
    const limit = { timeoutMs: timings.peeringTimeoutMs, signal };
    const came = await until(cluster, [of as typeof SLICES], holds, limit);
    if (!came) throw new Error(`timed out waiting for the ${of.kind} of ${name}`);
    await sleep(timings.lookMs, signal);
  };
  await wait(() => {
    const { resources, authParams } = cluster.get(SLICES, name, namespace)?.status ?? {};
    return resources !== undefined && authParams !== undefined;
  }, SLICES);
  if (!consumer.has("virtualNodeNotAwaited"))
    await wait(() => cluster.get(VIRTUAL_NODES, name, namespace) !== undefined, VIRTUAL_NODES);
  if (!consumer.has("activeTooEarly")) await wait(() => isNodeReady(cluster.get(NODES, name)), NODES);
}

function makeSlice(world: World, contract: Contract): void {
  const { consumer } = world;
  try {
    consumer.cluster.as("rear-manager").create(SLICES, sliceFor(contract, consumer.has("sliceWithoutGpus")));
  } catch (error) {
    const isThere = error instanceof ApiError && error.reason === "AlreadyExists";
    if (!isThere || consumer.has("sliceNotIdempotent")) throw error;
  }
}

function write(
  world: World,
  { metadata }: Allocation,
  state: AllocationState,
  message: string,
  resourceRef?: { readonly name: string },
): void {
  const cluster = world.consumer.cluster.as("rear-manager");
  const allocation = cluster.get(ALLOCATIONS, metadata.name, metadata.namespace);
  if (allocation === undefined) return;
  const { status: before } = allocation;
  if (before?.status === state && before.message === message) return;
  cluster.setStatus(ALLOCATIONS, allocation, {
    ...before,
    status: state,
    message,
    lastUpdateTime: stamp(world),
    ...(resourceRef === undefined ? {} : { resourceRef }),
  });
}
