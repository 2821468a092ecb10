import type { Requirement } from "../../../allocation/requirement.ts";
import { type Suggestion, suggest } from "../../../allocation/suggest.ts";
import type { Offer, Snapshot } from "../../../allocation/types.ts";

/** Offers that suggestions are worked out on: each takes tens of decisions, and nobody else is served meanwhile. */
const MOST_OFFERS = 1000;
/** Offers that are looked at in one go, some milliseconds; then others have their turn. */
const IN_ONE_GO = 500;

/** What would fit instead. Every suggestion was tried on real offers; with thousands of equal nodes, on some of each kind. */
export async function suggestionsFor(
  snapshot: Snapshot,
  requirement: Requirement,
): Promise<readonly Suggestion[]> {
  const offers = await someOfEachKind(snapshot.offers, requirement.tasks);
  return suggest({ ...snapshot, offers }, requirement);
}

/**
 * Of each kind as many offers as the tasks can make use of, the emptiest ones: offers that differ in nothing but their
 * node and what is free of it lead to the same suggestions.
 */
export async function someOfEachKind(offers: readonly Offer[], tasks: number): Promise<readonly Offer[]> {
  if (offers.length <= MOST_OFFERS) return offers;
  const kinds = new Map<string, Offer[]>();
  for (const [index, offer] of offers.entries()) {
    if (index % IN_ONE_GO === IN_ONE_GO - 1) await othersFirst();
    const kind = kindOf(offer);
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [offer]);
    else known.push(offer);
  }
  const each = Math.max(2, Math.min(tasks, Math.floor(MOST_OFFERS / kinds.size)));
  const emptiest = (kind: Offer[]): Offer[] =>
    kind.sort((left, right) => right.free - left.free || right.memoryGi - left.memoryGi).slice(0, each);
  return [...kinds.values()].flatMap(emptiest).slice(0, MOST_OFFERS);
}

const othersFirst = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const OF_ONE: readonly string[] = [
  "id",
  "node",
  "free",
  "nodeIdle",
  "cpu",
  "memoryGi",
] satisfies (keyof Offer)[];

const kindOf = (offer: Offer): string =>
  JSON.stringify(Object.entries(offer).filter(([field]) => !OF_ONE.includes(field)));
