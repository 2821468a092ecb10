import type { Decision } from "../../allocation/decision.ts";
import { reserve } from "../../allocation/ledger.ts";
import { planMoves } from "../../allocation/plan-moves.ts";
import { type Asking, isOpenTo, keepNodes, nodesOf, type Outcome, type Pass, type SeatMove } from "./pass.ts";

const NOWHERE: ReadonlySet<string> = new Set();

/**
 * Moves interruptible ones of no higher priority to where there is room now, so that somebody who has waited for a while
 * gets the place that they leave. Undefined where nobody is to be moved, or nobody's going would do.
 */
export function makeRoom(pass: Pass, asking: Asking, decision: Decision): Outcome | undefined {
  if (!isDue(pass, asking)) return undefined;
  // What is bound to a place waits for that place; what no pool would fit is not helped by moves.
  if (asking.place !== undefined || decision.placed || !decision.couldFit) return undefined;
  const moves = planned(pass, asking);
  if (moves === undefined) return undefined;
  const { offers } = pass.ledger;
  pass.ledger = reserve(
    pass.ledger,
    moves.flatMap((move) => move.decision.placements),
  );
  const from = [...new Set(moves.map(({ seat }) => nodesOf(seat)))].join(", ");
  const reason = `waits for ${moves.length} interruptible to move off ${from}`;
  return { result: "moves", reason, decision, moves, offers };
}

/** Clocks are put right meanwhile: who was tried in the future is tried again. */
function isDue({ moving, now }: Pass, { uid, since }: Asking): boolean {
  if (moving === undefined || moving.plans <= 0 || now - since < moving.afterMs) return false;
  return Math.abs(now - (moving.tried.get(uid) ?? Number.NEGATIVE_INFINITY)) >= moving.againAfterMs;
}

function planned(pass: Pass, asking: Asking): readonly SeatMove[] | undefined {
  const { moving, kept, ledger } = pass;
  const { requirement, avoids } = asking;
  // Who was displaced or moved in this pass is not where it was.
  const there = new Set(pass.holders.map(({ uid }) => uid));
  const seats = (moving?.seats() ?? []).filter(
    ({ uid, priority }) => priority <= requirement.priority && there.has(uid),
  );
  if (moving === undefined || seats.length === 0) return undefined;
  moving.plans -= 1;
  moving.tried.set(asking.uid, pass.now);
  const plan = planMoves(ledger, requirement, seats, moving.rules, {
    forSeeker: (offer) => isOpenTo({ kept, avoids }, offer),
    // Nothing is bought of a federation only to make room.
    ...((kept.size > 0 || ledger.offers.some(({ soldOnce }) => soldOnce)) && {
      forMovers: (offer) => offer.soldOnce !== true && isOpenTo({ kept, avoids: NOWHERE }, offer),
    }),
  });
  if (plan === undefined) return undefined;
  keepNodes(pass, plan.decision);
  const movers = new Set(plan.moves.map(({ uid }) => uid));
  pass.holders = pass.holders.filter(({ uid }) => !movers.has(uid));
  const byUid = new Map(seats.map((seat) => [seat.uid, seat]));
  return plan.moves.flatMap(({ uid, decision }) => {
    const seat = byUid.get(uid);
    return seat ? [{ seat, decision }] : [];
  });
}
