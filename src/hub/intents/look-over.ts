import type { Decision, Placement } from "../../allocation/decision.ts";
import { improveTurns, type Turn } from "../../allocation/improve-turns.ts";
import { type Ledger, reserve } from "../../allocation/ledger.ts";
import type { IntentView } from "./intent-view.ts";
import { type Asking, type Outcome, openOffers, type Pass } from "./turn.ts";

/** A turn that was taken, of which nobody was told yet. */
export interface Taken {
  /** The Intent as it was when its turn was taken. */
  readonly view: IntentView;
  readonly asking: Asking;
  readonly outcome: Outcome;
}

/** Turns of one priority that are looked over together: so many, that it is done in some milliseconds. */
export const MOST_TOGETHER = 64;

const NOWHERE: ReadonlySet<string> = new Set();

/**
 * Looks over the turns that were taken since the ledger was `start`: places are exchanged so that more Intents have one,
 * or all together better ones. Turns decide who goes first, as before: whoever got a place in its turn keeps one.
 */
export function lookOver(pass: Pass, start: Ledger, taken: readonly Taken[]): readonly Taken[] {
  const turns = taken.map(turnOf);
  const movable = turns.filter((turn) => turn !== undefined);
  if (movable.length < 2) return taken;
  const fixed = placementsOf(taken.flatMap((one, at) => (turns[at] ? [] : decisionsOf(one))));
  const open = openOffers(
    { ledger: reserve(start, fixed), kept: pass.kept },
    { avoids: NOWHERE, place: undefined },
  );
  const lent = { ...open, offers: open.offers.filter(({ soldOnce }) => !soldOnce) };
  const decisions = improveTurns(lent, movable);
  if (decisions.every((decision, at) => decision === movable[at]?.decision)) return taken;
  pass.ledger = reserve(start, [...fixed, ...placementsOf(decisions)]);
  // Whose place moved may have left one to somebody who was refused before.
  pass.refused.clear();
  const improved = decisions.values();
  return taken.map((one, at) => {
    const decision = turns[at] && improved.next().value;
    if (decision === turns[at]?.decision || decision?.placed !== true) return one;
    return { ...one, outcome: { result: "placed", decision, offers: start.offers } };
  });
}

/** What was decided in a turn: of one for whom others move, where these go. */
function decisionsOf({ outcome }: Taken): readonly Decision[] {
  if (outcome.result === "ends") return [];
  return outcome.result === "moves" ? outcome.moves.map(({ decision }) => decision) : [outcome.decision];
}

/** What may be moved: not who goes back to its place, flees from one, took less than it asked, or displaces others. */
function turnOf({ asking, outcome }: Taken): Turn | undefined {
  const { requirement, place, avoids, shuns = NOWHERE } = asking;
  // What is sold once has one holder, which a look at its units does not tell.
  if (outcome.result === "placed" && isSoldOnce(outcome)) return undefined;
  // Shares of one device are not told apart here.
  if (place !== undefined || avoids.size + shuns.size > 0 || requirement.gpu.milli !== undefined)
    return undefined;
  if (outcome.result === "placed" && outcome.relaxed === undefined)
    return { requirement, decision: outcome.decision };
  return outcome.result === "waits" ? { requirement, decision: outcome.decision } : undefined;
}

const isSoldOnce = ({ decision, offers }: Extract<Outcome, { result: "placed" }>): boolean =>
  decision.placements.some(({ offer }) => offers.find(({ id }) => id === offer)?.soldOnce === true);

const placementsOf = (decisions: readonly Decision[]): readonly Placement[] =>
  decisions.flatMap((decision) => (decision.placed ? decision.placements : []));
