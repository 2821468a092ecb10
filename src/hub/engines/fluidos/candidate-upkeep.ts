import { roundTime } from "../../../fluidos/discovery.ts";
import { PEERING_CANDIDATES, RESERVATIONS } from "../../../fluidos/kinds.ts";
import type { PeeringCandidate } from "../../../fluidos/peering-candidate.ts";
import { parseReservation } from "../../../fluidos/reservation.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../../kubernetes/objects.ts";
import type { FluidosConfig } from "./config.ts";
import { annotateCandidate, type DealWork } from "./deal-work.ts";

/** What candidates are looked after with. */
export interface Upkeep extends Pick<DealWork, "client" | "view" | "now" | "signal"> {
  readonly fluidos: FluidosConfig;
  /** Whether an Intent was given something of a Flavor, and is about to buy it. */
  readonly isHeld: (flavor: string) => boolean;
}

/** Rounds that a candidate remembers. FLUIDOS adds each to its list, and never takes one off. */
const MOST_ROUNDS = 20;

/** Clears away candidates that nobody offers any more, and what grows in the others. Throws KubeError. */
export async function keepCandidates(work: Upkeep): Promise<void> {
  const isReserved = reservedIn(work);
  for (const candidate of candidatesIn(work)) {
    if (isForgotten(work, candidate) && !isRoot(work, candidate) && !(await isReserved(candidate)))
      await deleteCandidate(work, candidate);
    else await keep(work, candidate);
  }
}

/**
 * Upstream FLUIDOS cannot find a candidate a second time: it tries for ever to make one that is there. Those that nobody
 * needs make way for the next round; those with notes only where that was not enough (`ofNoted`), and have them put back
 * when they come again: were they left for good, nothing new would ever be found. Throws KubeError.
 */
export async function clearTheWay(work: Upkeep, { ofNoted }: { readonly ofNoted: boolean }): Promise<void> {
  const isReserved = reservedIn(work);
  for (const candidate of candidatesIn(work)) {
    const isPlain = candidate.available && Object.keys(candidate.notes).length === 0;
    if (!(isPlain || ofNoted) || isBought(work, candidate) || work.isHeld(candidate.flavor.name)) continue;
    if (await isReserved(candidate)) continue;
    work.view.keptNotes.keep(candidate);
    await deleteCandidate(work, candidate);
  }
}

const candidatesIn = ({ view }: Upkeep): readonly PeeringCandidate[] =>
  view.candidates().flatMap((read) => (read.ok ? [read.candidate] : []));

const isForgotten = (work: Upkeep, candidate: PeeringCandidate): boolean =>
  work.now() - candidate.seenAt > work.fluidos.forgetAfter && !isBought(work, candidate);

const isBought = ({ view }: Upkeep, { flavor }: PeeringCandidate): boolean =>
  view.contracts().some((contract) => contract.flavor?.name === flavor.name);

/** What is known of a seller's remainders goes back to what was sold of it before, until nothing of it is sold. */
const isRoot = ({ view }: Upkeep, { soldPart, flavor }: PeeringCandidate): boolean =>
  soldPart !== undefined && view.contracts().some(({ seller }) => seller.nodeID === flavor.owner.nodeID);

/**
 * Whether a Reservation names a candidate, whoever's. FLUIDOS closes one that is reserved, and may leave it so for good:
 * only of those that are closed it is asked who else has one, once.
 */
function reservedIn({
  client,
  view,
  fluidos,
  signal,
}: Upkeep): (candidate: PeeringCandidate) => Promise<boolean> {
  const ours = new Set(view.reservations().map(({ candidate }) => candidate.name));
  let all: Promise<ReadonlySet<string>> | undefined;
  const askAll = async (): Promise<ReadonlySet<string>> => {
    const names = new Set<string>();
    const query = { namespace: fluidos.namespace };
    for await (const page of client.list<KubeObject>(RESERVATIONS, query, { signal }))
      for (const item of page.items) names.add(parseReservation(item).candidate.name);
    return names;
  };
  return async ({ name, available }) => {
    if (available || ours.has(name)) return ours.has(name);
    all ??= askAll();
    return (await all).has(name);
  };
}

const deleteCandidate = ({ client, signal }: Upkeep, { namespace, name }: PeeringCandidate): Promise<void> =>
  client.delete(PEERING_CANDIDATES, { namespace, name }, { signal });

async function keep(work: Upkeep, candidate: PeeringCandidate): Promise<void> {
  const missing = work.view.keptNotes.missing(candidate);
  if (missing !== undefined) await annotateCandidate(work.client, candidate, missing, work.signal);
  await shorten(work, candidate);
}

/** Takes our old rounds off a candidate's list, but the newest two, unless it has changed meanwhile. */
async function shorten({ client, signal }: Upkeep, candidate: PeeringCandidate): Promise<void> {
  const { namespace, name, resourceVersion, interested } = candidate;
  const rounds = interested.filter((solver) => roundTime(solver) !== undefined);
  if (rounds.length <= MOST_ROUNDS) return;
  const newest = new Set(
    rounds.toSorted((left, right) => (roundTime(right) ?? 0) - (roundTime(left) ?? 0)).slice(0, 2),
  );
  const interestedSolverIDs = interested.filter(
    (solver) => roundTime(solver) === undefined || newest.has(solver),
  );
  try {
    const patch = { metadata: { resourceVersion }, spec: { interestedSolverIDs } };
    await client.patch(PEERING_CANDIDATES, { namespace, name }, patch, { signal });
  } catch (error) {
    if (!isKubeError(error, "conflict") && !isKubeError(error, "not-found")) throw error;
  }
}
