import { buildAllocation } from "../../../fluidos/allocation.ts";
import { buildResourceSlice } from "../../../fluidos/build-resource-slice.ts";
import type { Part } from "../../../fluidos/configuration.ts";
import { type Contract, parseContract } from "../../../fluidos/contract.ts";
import type { NodeIdentity } from "../../../fluidos/flavor.ts";
import { IDENTITY_CONFIG_MAP, parseIdentity } from "../../../fluidos/identity.ts";
import * as kinds from "../../../fluidos/kinds.ts";
import type { LiqoNode } from "../../../fluidos/liqo.ts";
import { CANDIDATE_KEYS, type PeeringCandidate } from "../../../fluidos/peering-candidate.ts";
import { buildReservation } from "../../../fluidos/reservation.ts";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { CONFIG_MAPS, type KubeObject, type Resource } from "../../../kubernetes/objects.ts";
import { type Failure, failure, readObject } from "../open-provider.ts";
import type { FluidosConfig } from "./config.ts";
import type { ConsumerView } from "./consumer-view.ts";
import { type DealFacts, type DealStep, nextDealStep, type Wanted } from "./deal.ts";
import { DEAL_KEYS, type DealIdentity, dealMark, dealName } from "./deal-mark.ts";
import { dealObjects } from "./deal-objects.ts";
import { peeringTrouble } from "./peering.ts";

/** What a deal is worked on with. */
export interface DealWork {
  readonly client: KubeClient;
  readonly view: ConsumerView;
  readonly config: FluidosConfig;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface Deal extends DealIdentity {
  readonly wanted: Wanted;
  /** All that the tasks take of the Flavor. */
  readonly part: Part;
}

/** A deal that is done: the node that runs its pods, and the clusters between which it is. */
export interface DoneDeal {
  readonly ok: true;
  readonly node: LiqoNode;
  readonly buyerCluster: string;
  readonly sellerCluster: string;
}

/** Takes the next step of a deal. Repeated at any time, also by another hub. Throws KubeError. */
export async function workOnDeal(work: DealWork, deal: Deal): Promise<DoneDeal | Failure> {
  const facts = factsOf(work, deal);
  const chosen = nextDealStep(facts);
  const step =
    chosen.do === "look-for-contract" ? await lookForContract(work, deal, facts, chosen.contract) : chosen;
  const told = await take(work, deal, step);
  if (told !== undefined) return told;
  return { ...failure("Reserving", `FLUIDOS buys ${deal.flavor}`), outlook: "under-way" };
}

function factsOf({ view, config, now }: DealWork, deal: Deal): DealFacts {
  const objects = dealObjects(view, deal);
  const contracts = view.contracts();
  const other = contracts.find(({ flavor }) => flavor?.name === deal.flavor);
  return {
    wanted: deal.wanted,
    candidate: candidateOf(view, deal.flavor),
    ...objects,
    soldBy: other?.name,
    ...boughtBy(
      view,
      contracts.find(({ name }) => name === objects.bought),
    ),
    now: now(),
    timeouts: config,
  };
}

/** What is seen of a Contract, and of what was made of it. */
const boughtBy = (view: ConsumerView, contract: Contract | undefined) => ({
  contract,
  foreign: contract && view.foreignCluster(contract.sellerCluster),
  slice: contract && view.slices(contract.name)[0],
  node: contract && view.node(contract.name),
  trouble: contract && peeringTrouble(view, contract.name),
});

/** A watch may be behind: a place is left only where the API itself has no such Contract. */
async function lookForContract(
  { client, view, config: { namespace }, signal }: DealWork,
  { provider, flavor }: Deal,
  facts: DealFacts,
  name: string,
): Promise<Exclude<DealStep, { do: "look-for-contract" }>> {
  const found = await readObject(client, kinds.CONTRACTS, { namespace, name }, signal);
  const step = found && nextDealStep({ ...facts, ...boughtBy(view, parseContract(found)) });
  if (step !== undefined && step.do !== "look-for-contract") return step;
  const message = `Contract ${name}, by which Flavor ${flavor} was bought, was deleted in namespace ${namespace} of provider ${provider}`;
  return { do: "give-up", reason: "ContractGone", message, spare: true };
}

/** Of several candidates of one Flavor the one that was seen last. */
export function candidateOf(view: ConsumerView, flavor: string): PeeringCandidate | undefined {
  return view
    .candidates()
    .flatMap((read) => (read.ok && read.candidate.flavor.name === flavor ? [read.candidate] : []))
    .toSorted((left, right) => right.seenAt - left.seenAt)[0];
}

async function take(
  work: DealWork,
  deal: Deal,
  step: Exclude<DealStep, { do: "look-for-contract" }>,
): Promise<DoneDeal | Failure | undefined> {
  const { client, config, signal } = work;
  const name = dealName(deal);
  switch (step.do) {
    case "reserve": {
      const buyer = await identityOf(work);
      if ("ok" in buyer) return buyer;
      const object = {
        name,
        namespace: config.namespace,
        ...dealMark(deal),
        buyer,
        ...step,
        part: deal.part,
      };
      await createOnce(client, kinds.RESERVATIONS, buildReservation(object), signal);
      return undefined;
    }
    case "allocate": {
      const contract = { name: step.contract.name, namespace: step.contract.namespace };
      const object = { name, namespace: config.namespace, ...dealMark(deal), contract };
      await createOnce(client, kinds.ALLOCATIONS, buildAllocation(object), signal);
      return {
        ...failure("Peering", `FLUIDOS peers with ${step.contract.sellerCluster}`),
        outlook: "under-way",
      };
    }
    case "ask-for-slice":
      return askForSlice(work, deal, step);
    case "ask-for-gpus": {
      const { name: slice, namespace } = step.slice;
      const { resource, units } = deal.wanted;
      // FLUIDOS marks nothing: with what it is for the slice is found when nothing else tells any more.
      const patch = { metadata: dealMark(deal), spec: { resources: { [resource]: String(units) } } };
      await client.patch(kinds.RESOURCE_SLICES, { namespace, name: slice }, patch, { signal });
      return { ...failure("Granting", `Liqo is asked for ${units} ${resource}`), outlook: "under-way" };
    }
    case "note-peered": {
      const since = new Date(work.now()).toISOString();
      const patch = { metadata: { annotations: { [DEAL_KEYS.peered]: since } } };
      await client.patch(kinds.ALLOCATIONS, { namespace: config.namespace, name }, patch, { signal });
      return doneOf(step);
    }
    case "wait":
      return { ...failure(step.reason, step.message), outlook: "under-way" };
    case "give-up":
      if (step.spare !== true) await spareCandidate(work, deal, step.message, step.ofSeller);
      return { ...failure(step.reason, step.message), outlook: "hopeless" };
    case "use":
      return doneOf(step);
  }
}

/** What FLUIDOS would make, under the same name: where it comes late, it finds that one. */
async function askForSlice(
  { client, signal }: DealWork,
  deal: Deal,
  { contract, namespace }: Extract<DealStep, { do: "ask-for-slice" }>,
): Promise<Failure> {
  const { name, sellerCluster: cluster, configuration = deal.part } = contract;
  const { resource, units } = deal.wanted;
  const part = { ...configuration, gpus: units };
  const slice = buildResourceSlice({ contract: name, namespace, cluster, ...dealMark(deal), part, resource });
  await createOnce(client, kinds.RESOURCE_SLICES, slice, signal);
  return {
    ...failure("Peering", `${cluster} is peered, and FLUIDOS does not ask it for ${name}: the hub does`),
    outlook: "under-way",
  };
}

const doneOf = ({ node, contract }: Extract<DealStep, { node: LiqoNode }>): DoneDeal => ({
  ok: true,
  node,
  buyerCluster: contract.buyerCluster,
  sellerCluster: contract.sellerCluster,
});

type ConfigMap = KubeObject & { readonly data?: unknown };

async function identityOf({ client, config, signal }: DealWork): Promise<NodeIdentity | Failure> {
  const { namespace } = config;
  try {
    const object = await client.get<ConfigMap>(
      CONFIG_MAPS,
      { namespace, name: IDENTITY_CONFIG_MAP },
      { signal },
    );
    const read = parseIdentity(object);
    if (read.ok) return read.identity;
    return failure("IdentityUnknown", `who buys cannot be told: ${read.problem} in namespace ${namespace}`);
  } catch (error) {
    if (!isKubeError(error, "not-found")) throw error;
    return failure(
      "IdentityUnknown",
      `namespace ${namespace} has no ConfigMap ${IDENTITY_CONFIG_MAP}: is FLUIDOS installed?`,
    );
  }
}

/** What is there already was written by an earlier try: its name is this deal's alone. */
async function createOnce(
  client: KubeClient,
  resource: Resource,
  object: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.create(resource, object, { signal });
  } catch (error) {
    if (!isKubeError(error, "conflict")) throw error;
  }
}

/** Notes on the candidate that it is not to be tried for a while: so that every replica knows, and people too. */
export async function spareCandidate(
  { client, view, config, now, signal }: DealWork,
  { flavor }: Pick<Deal, "flavor">,
  why: string,
  ofSeller = false,
): Promise<void> {
  const candidate = candidateOf(view, flavor);
  if (candidate === undefined) return;
  const annotations = {
    [CANDIDATE_KEYS.refusedUntil]: new Date(now() + config.retryAfter).toISOString(),
    [CANDIDATE_KEYS.refusedBecause]: why.slice(0, 1000),
    [CANDIDATE_KEYS.refusedSeller]: ofSeller ? "true" : null,
  };
  await annotateCandidate(client, candidate, annotations, signal);
}

export async function annotateCandidate(
  client: KubeClient,
  { namespace, name }: Pick<PeeringCandidate, "namespace" | "name">,
  annotations: Readonly<Record<string, string | null>>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const patch = { metadata: { annotations } };
    await client.patch(kinds.PEERING_CANDIDATES, { namespace, name }, patch, { signal });
  } catch (error) {
    // Then it is not tried again anyway.
    if (!isKubeError(error, "not-found")) throw error;
  }
}
