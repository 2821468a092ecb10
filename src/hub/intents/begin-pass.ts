import { leavingSoon } from "./leaving-soon.ts";
import { holderOf, type MovableFacts, type Seat, seatOf } from "./movable.ts";
import type { Moving, Pass } from "./pass.ts";
import { askedBy, type World } from "./world.ts";

const MOST_SUGGESTIONS = 3;
/** Plans of moves in one pass, and new places that are looked for in each: some milliseconds every one. */
const MOST_PLANS = 2;
const MOST_TRIES = 16;
const TRY_AGAIN_PASSES = 6;
const MOST_TRIED = 10_000;

/** What there is to give, and to take back, as a pass over the queue begins. */
export function beginPass(world: World): Pass {
  const views = [...world.store.values()];
  const leaving = views.flatMap((view) => leavingSoon(world, view));
  for (const view of views) world.demand.note(view.uid, () => askedBy(world, view));
  return {
    ledger: world.demand.foresee(world.book.ledger()),
    now: world.context.now(),
    leaving,
    holders: views.flatMap((view) => holderOf(view) ?? []),
    moving: movingOf(world),
    kept: new Set(),
    starvesAfterMs: world.options.starvesAfterMs,
    refused: new Map(),
    suggestions: MOST_SUGGESTIONS,
  };
}

/** Undefined where nobody is to be moved. */
function movingOf(world: World): Moving | undefined {
  const { options, tried } = world;
  const { most, worseBy, afterMs, cooldownMs } = options.moves;
  if (most === 0) return undefined;
  if (tried.size > MOST_TRIED) tried.clear();
  const facts: MovableFacts = {
    now: world.context.now(),
    cooldownMs,
    asked: (view) => (world.unsure.has(view.uid) ? undefined : askedBy(world, view)),
  };
  let seats: readonly Seat[] | undefined;
  return {
    rules: { maxMoves: most, worseBy, tries: MOST_TRIES },
    afterMs,
    // Only where somebody needs it: it is a look at all Intents.
    seats: () => {
      seats ??= [...world.store.values()].flatMap((view) => seatOf(view, facts) ?? []);
      return seats;
    },
    plans: MOST_PLANS,
    tried,
    againAfterMs: options.queueEveryMs * TRY_AGAIN_PASSES,
  };
}
