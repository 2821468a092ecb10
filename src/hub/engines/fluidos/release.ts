import { parseAllocation } from "../../../fluidos/allocation.ts";
import * as kinds from "../../../fluidos/kinds.ts";
import { OFFLOADING } from "../../../fluidos/liqo.ts";
import { parseReservation, type Reservation } from "../../../fluidos/reservation.ts";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import type { KubeObject, Resource, Target } from "../../../kubernetes/objects.ts";
import { isOwned, ownedSelector } from "../../../workload/identity.ts";
import type { IntentIdentity } from "../../../workload/names.ts";
import type { StepResult } from "../engine.ts";
import { failure, readNamespace, readObject } from "../open-provider.ts";
import { DEPLOYMENTS, JOBS, NAMESPACES, PODS } from "../resources.ts";
import { placeSelector } from "./deal-mark.ts";
import { slicesFor } from "./deal-objects.ts";
import { annotateCandidate, candidateOf, type DealWork } from "./deal-work.ts";
import { noteLatePurchase } from "./late-purchases.ts";
import { type Purchase, purchasesOf, saleNote } from "./purchases.ts";

const underWay = (message: string): StepResult => failure("Terminating", message);

/** A pod on a node that is lost never ends: so long after its grace it is waited for no more. */
const POD_GRACE_MS = 30_000;

/**
 * Takes everything of an Intent's place away, in the order in which nothing is left hanging: what runs, the offloading and
 * its namespace, the slice and with it the virtual node, then the Allocation, the Contract, the Transaction and last the Reservation, by
 * which the others are found. Each call goes as far as it can; `ok` once the API has nothing of it any more.
 */
export async function releasePlace(
  work: DealWork,
  hub: string,
  intent: IntentIdentity,
  namespace: string,
): Promise<StepResult> {
  const busy = await emptyNamespace(work, hub, intent, namespace);
  if (busy !== undefined) return busy;
  const labelSelector = placeSelector(hub, intent, namespace);
  const reservations = (await listed(work, kinds.RESERVATIONS, labelSelector)).map(parseReservation);
  const allocations = (await listed(work, kinds.ALLOCATIONS, labelSelector)).map(parseAllocation);
  const slices = slicesFor(work.view, intent, namespace);
  const purchases = await purchasesOf(work, reservations, [
    ...allocations,
    ...slices.map(({ name, annotations }) => ({ contract: name, annotations })),
  ]);
  for (const { contract } of purchases) {
    const peered = await dropNode(work, contract);
    if (peered !== undefined) return peered;
  }
  for (const allocation of allocations)
    await work.client.delete(kinds.ALLOCATIONS, allocation, { signal: work.signal });
  const leftovers: string[] = [];
  for (const purchase of purchases) leftovers.push(await giveBack(work, purchase));
  for (const reservation of reservations) await dropReservation(work, reservation);
  return leftovers.length === 0 ? { ok: true } : { ok: true, leftovers };
}

async function emptyNamespace(
  work: DealWork,
  hub: string,
  intent: IntentIdentity,
  namespace: string,
): Promise<StepResult | undefined> {
  const { client, signal } = work;
  const found = await readNamespace(client, namespace, signal);
  if (found === undefined || !isOwned(found, hub, intent)) return undefined;
  if (found.metadata?.deletionTimestamp === undefined) {
    const selector = ownedSelector(hub, intent);
    await stopWorkload(work, namespace, selector);
    const pods = await livePods(work, namespace, selector);
    if (pods > 0) return underWay(`${pods} pods in namespace ${namespace} have not ended yet`);
    const offloading = { namespace, name: OFFLOADING };
    await client.delete(kinds.NAMESPACE_OFFLOADINGS, offloading, { signal });
    if (await isThere(client, kinds.NAMESPACE_OFFLOADINGS, offloading, signal))
      return underWay(`Liqo takes namespace ${namespace} away from its provider`);
    await client.delete(NAMESPACES, { name: namespace }, { signal });
    if ((await readNamespace(client, namespace, signal)) === undefined) return undefined;
  }
  return underWay(`namespace ${namespace} is being deleted`);
}

/** Jobs are stopped and not deleted: a Job that is deleted through its API may leave its pods. */
async function stopWorkload(
  { client, signal, ...work }: DealWork,
  namespace: string,
  selector: string,
): Promise<void> {
  const within = { client, signal, ...work };
  for (const { metadata } of await listed(within, DEPLOYMENTS, selector, namespace))
    await client.delete(DEPLOYMENTS, { namespace, name: metadata?.name }, { signal });
  const stop = { spec: { suspend: true, parallelism: 0 } };
  for (const job of await listed(within, JOBS, selector, namespace)) {
    const { spec, metadata } = job as KubeObject & { readonly spec?: { readonly parallelism?: number } };
    if (spec?.parallelism !== 0)
      await client.patch(JOBS, { namespace, name: metadata?.name }, stop, { signal });
  }
}

type SeenPod = KubeObject & { readonly status?: { readonly phase?: string } };

async function livePods(work: DealWork, namespace: string, selector: string): Promise<number> {
  const pods = (await listed(work, PODS, selector, namespace)) as readonly SeenPod[];
  return pods.filter(({ metadata, status }) => {
    if (["Succeeded", "Failed"].includes(status?.phase ?? "")) return false;
    const deletedAt = Date.parse(metadata?.deletionTimestamp ?? "");
    return Number.isNaN(deletedAt) || work.now() - deletedAt < POD_GRACE_MS;
  }).length;
}

/** Deletes the slice of a contract, and what Liqo made of it where that does not follow by itself. */
async function dropNode(
  { client, view, signal }: DealWork,
  contract: string,
): Promise<StepResult | undefined> {
  for (const slice of view.slices(contract)) {
    await client.delete(kinds.RESOURCE_SLICES, slice, { signal });
    if (await isThere(client, kinds.RESOURCE_SLICES, slice, signal))
      return underWay(`ResourceSlice ${contract} is being deleted`);
  }
  for (const node of view.virtualNodes(contract)) {
    if (!(await isThere(client, kinds.VIRTUAL_NODES, node, signal))) continue;
    await client.delete(kinds.VIRTUAL_NODES, node, { signal });
    if (await isThere(client, kinds.VIRTUAL_NODES, node, signal))
      return underWay(`virtual node ${contract} is being drained`);
  }
  return view.node(contract) === undefined ? undefined : underWay(`node ${contract} is being deleted`);
}

/** Takes the Contract away. That the Flavor was sold is noted on its candidate before: nothing else says so after that. */
async function giveBack(
  { client, view, config: { namespace }, now, signal }: DealWork,
  { contract: name, flavor, part, seller }: Purchase,
): Promise<string> {
  const candidate = candidateOf(view, flavor);
  if (candidate !== undefined)
    await annotateCandidate(client, candidate, saleNote(name, part, now()), signal);
  await client.delete(kinds.CONTRACTS, { namespace, name }, { signal });
  return `Flavor ${flavor} of ${seller} stays sold (${name}): FLUIDOS takes nothing back, its provider has to offer it anew`;
}

async function dropReservation(work: DealWork, reservation: Reservation): Promise<void> {
  const { client, signal } = work;
  const { namespace, transaction, contract } = reservation;
  if (contract === undefined) await noteLatePurchase(work, reservation);
  // One that stays keeps FLUIDOS from ever buying its Flavor, whose transaction the provider renews under the same name.
  if (transaction !== "")
    await client.delete(kinds.TRANSACTIONS, { namespace, name: transaction }, { signal });
  await client.delete(kinds.RESERVATIONS, reservation, { signal });
}

async function listed(
  { client, config, signal }: Pick<DealWork, "client" | "config" | "signal">,
  resource: Resource,
  labelSelector: string,
  namespace = config.namespace,
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  try {
    for await (const page of client.list<KubeObject>(resource, { namespace, labelSelector }, { signal }))
      found.push(...page.items);
  } catch (error) {
    // FLUIDOS was uninstalled, and its objects with it.
    if (!isKubeError(error, "not-found")) throw error;
  }
  return found;
}

const isThere = async (
  client: KubeClient,
  resource: Resource,
  target: Target,
  signal: AbortSignal,
): Promise<boolean> => (await readObject(client, resource, target, signal)) !== undefined;
