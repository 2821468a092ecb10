import { decide } from "../../allocation/decide.ts";
import type { Placed, Placement } from "../../allocation/decision.ts";
import { type Ledger, release } from "../../allocation/ledger.ts";
import type { Requirement } from "../../allocation/requirement.ts";

/** Somebody who may be asked to give way. */
export interface Holder {
  readonly uid: string;
  readonly priority: number;
  /** When it got its place, milliseconds. */
  readonly since: number;
  readonly placements: readonly Placement[];
}

export interface Preemption {
  /** Who has to go; as few as were found to do. */
  readonly victims: readonly Holder[];
  /** What the Intent gets then. */
  readonly decision: Placed;
}

/** A decision looks at every offer: so many are tried and no more. */
const MOST_VICTIMS = 64;

/**
 * Whom an Intent would have to displace to get its place: interruptible ones of lower priority, the lowest first, of
 * equal ones the youngest, which lose least. Undefined where that would not help. `open` gives what of a ledger the Intent
 * may have at all.
 */
export function preempt(
  ledger: Ledger,
  requirement: Requirement,
  holders: readonly Holder[],
  open: (ledger: Ledger) => Ledger = (all) => all,
): Preemption | undefined {
  const candidates = holders
    .filter(({ priority, placements }) => priority < requirement.priority && placements.length > 0)
    .toSorted(
      (left, right) =>
        left.priority - right.priority || right.since - left.since || (left.uid < right.uid ? -1 : 1),
    )
    .slice(0, MOST_VICTIMS);
  const victims: Holder[] = [];
  let freed = ledger;
  for (const holder of candidates) {
    freed = release(freed, holder.placements);
    victims.push(holder);
    if (decide(open(freed), requirement).placed) return spare(ledger, requirement, victims, open);
  }
  return undefined;
}

/** Without those whose going turned out not to be needed; the highest priority is spared first. */
function spare(
  ledger: Ledger,
  requirement: Requirement,
  victims: readonly Holder[],
  open: (ledger: Ledger) => Ledger,
): Preemption | undefined {
  const without = (kept: readonly Holder[]): Ledger =>
    open(kept.reduce((left, { placements }) => release(left, placements), ledger));
  let needed = victims;
  for (const victim of victims.toReversed()) {
    const fewer = needed.filter((each) => each !== victim);
    if (decide(without(fewer), requirement).placed) needed = fewer;
  }
  const decision = decide(without(needed), requirement);
  return decision.placed ? { victims: needed, decision } : undefined;
}
