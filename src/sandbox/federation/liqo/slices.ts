import { sleep } from "../../../kubernetes/timing.ts";
import type { Cluster } from "../cluster.ts";
import { type Controller, faultsOf, keyOf, namesIn, own } from "../controller.ts";
import { SLICES } from "../kinds.ts";
import type { ResourceSlice, Resources, SliceStatus } from "../liqo-types.ts";
import { type ProviderSite, providerById, stamp, type World } from "../world.ts";
import { addFinalizer, dropFinalizer } from "./finalizers.ts";
import { condition } from "./node.ts";
import { tenantNamespace } from "./peering.ts";

const FINALIZER = "crdreplicator.liqo.io/operator";

/** What a provider grants of itself where nobody asked for an amount. */
const defaults: Resources = { cpu: "4", memory: "8Gi", pods: "110", "ephemeral-storage": "20Gi" };

/** Replicates the consumer's ResourceSlices to their providers, and the providers' answers back. */
export function sliceController(world: World): Controller {
  const cluster = world.consumer.cluster.as("liqo");
  return {
    name: "resource slices",
    concurrency: 10,
    wakes: [own(cluster, SLICES)],
    pokes: world.providers.map((provider) =>
      faultsOf(provider, () => cluster.list(SLICES, tenantNamespace(provider.liqoId)).map(keyOf)),
    ),
    reconcile: async (key, signal) => {
      const { name, namespace } = namesIn(key);
      const slice = cluster.get(SLICES, name, namespace);
      const provider = providerById(world, slice?.spec.providerClusterID ?? "");
      // What cannot be reached keeps its finalizer: its slice stays, even deleted, until it comes back.
      if (slice === undefined || provider === undefined || provider.faults.away) return undefined;
      if (slice.metadata.deletionTimestamp !== undefined) return forget(world, provider, slice);
      const local = addFinalizer(cluster, SLICES, askedBy(world, cluster, slice), FINALIZER);
      const isNew = !isAnswered(local);
      if (isNew) await sleep(world.timings.grantMs, signal);
      const current = cluster.get(SLICES, name, namespace);
      if (signal.aborted || current === undefined || provider.faults.away) return undefined;
      const replica = replicate(world, provider, current);
      const status = answer(world, provider, replica);
      provider.cluster.as("liqo").setStatus(SLICES, replica, status);
      cluster.setStatus(SLICES, current, status);
      return undefined;
    },
  };
}

const isAnswered = ({ status }: ResourceSlice): boolean => (status?.conditions ?? []).length > 0;

/** The consumer's own Liqo adds who asks, with a certificate to be signed. */
function askedBy({ consumer }: World, cluster: Cluster, slice: ResourceSlice): ResourceSlice {
  if (slice.spec.consumerClusterID !== undefined) return slice;
  const csr = Buffer.from("certificate request").toString("base64");
  const spec = { ...slice.spec, consumerClusterID: consumer.liqoId, csr };
  return cluster.update(SLICES, { ...slice, spec });
}

function forget({ consumer }: World, provider: ProviderSite, slice: ResourceSlice): undefined {
  const namespace = tenantNamespace(consumer.liqoId);
  provider.cluster.as("liqo").remove(SLICES, slice.metadata.name, namespace);
  dropFinalizer(consumer.cluster.as("liqo"), SLICES, slice, FINALIZER);
}

function replicate({ consumer }: World, provider: ProviderSite, { metadata, spec }: ResourceSlice) {
  const cluster = provider.cluster.as("liqo");
  const { name } = metadata;
  const namespace = tenantNamespace(consumer.liqoId);
  const known = cluster.get(SLICES, name, namespace);
  if (known !== undefined) return cluster.update(SLICES, { ...known, spec });
  const labels = {
    "liqo.io/originID": consumer.liqoId,
    "liqo.io/remoteID": provider.liqoId,
    "liqo.io/replicated": "true",
    "liqo.io/remote-cluster-id": consumer.liqoId,
  };
  return cluster.create(SLICES, { metadata: { name, namespace, labels }, spec });
}

/** What the provider says to a slice: it grants what is asked, and of the rest some. Names once granted stay. */
function answer(world: World, { faults }: ProviderSite, { spec, status }: ResourceSlice): SliceStatus {
  const now = stamp(world);
  const say = (type: "Authentication" | "Resources", accepted: boolean) =>
    condition(status?.conditions, now, {
      type,
      status: accepted ? "Accepted" : "Denied",
      reason: `ResourceSlice${type}${accepted ? "Accepted" : "Denied"}`,
      message: `ResourceSlice ${type.toLowerCase()} ${accepted ? "accepted" : "denied"}`,
    });
  const granted = { ...status?.resources, ...defaults, ...spec.resources };
  const kept = faults.withholdsGpus ? withoutDevices(granted) : granted;
  const authParams = { apiServer: "https://provider.invalid:6443", signedCRT: spec.csr ?? "" };
  const accepted = !faults.deniesSlices;
  return {
    authParams,
    conditions: [say("Authentication", true), say("Resources", accepted)],
    ...(accepted ? { resources: kept } : {}),
  };
}

const withoutDevices = (resources: Resources): Resources =>
  Object.fromEntries(Object.entries(resources).filter(([name]) => !name.includes("/")));
