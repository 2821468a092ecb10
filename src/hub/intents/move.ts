import type { CurrencyRates, Offer } from "../../allocation/types.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import { timestamp, yes } from "./conditions.ts";
import { stopCost } from "./cost.ts";
import type { IntentView } from "./intent-view.ts";
import { change, placedStatus } from "./next-status.ts";
import type { Outcome, SeatMove } from "./pass.ts";
import { heldPlacements } from "./places.ts";
import { normal } from "./step.ts";
import { announce, type World, writeStatus } from "./world.ts";

/** A move that was decided on and is still to be told to the API. */
export interface BegunMove {
  readonly view: IntentView;
  readonly write: (signal: AbortSignal) => Promise<void>;
}

/**
 * Begins the moves that make room for somebody: from now on the movers hold both places, and with one write each the API
 * says so. That is all there is to it. Before the write nothing has happened; after it the old place is one that was left:
 * it is cleaned up, holds its GPUs until that is done, and is waited for by whoever is first in the queue, as any other.
 * Where somebody changed since the moves were planned, nobody moves.
 */
export function beginMoves(
  world: World,
  by: IntentView,
  { moves, offers }: Extract<Outcome, { result: "moves" }>,
): readonly BegunMove[] {
  const { store, book, unsure, context, options } = world;
  if (moves.some(({ seat }) => store.byUid(seat.uid) !== seat.view || unsure.has(seat.uid))) return [];
  return moves.map((move) => {
    const { view } = move.seat;
    const status = movedStatus(move, {
      by: by.key,
      offers,
      now: context.now(),
      rates: options.currencyRates,
    });
    book.set(view.uid, heldPlacements({ ...view, status }));
    unsure.set(view.uid, "writing");
    return {
      view,
      write: async (signal) => {
        const next = await writeStatus(world, view, status, signal);
        announce(world, next, normal("Moved", status.message));
        announce(
          world,
          by,
          normal("MakingRoom", `${view.key} leaves its place for it, and moves to another`),
        );
      },
    };
  });
}

interface MoveFacts {
  /** For whom. */
  readonly by: string;
  readonly offers: readonly Offer[];
  readonly now: number;
  readonly rates: CurrencyRates;
}

/** It has another place from now on, and begins anew there; what the old one held stays held until it is clean. */
export function movedStatus(
  { seat: { view }, decision }: SeatMove,
  { by, offers, now, rates }: MoveFacts,
): IntentStatus {
  const { placement, cost, moved } = view.status;
  const before = { ...view, status: { ...view.status, cost: stopCost(cost, now) } } as IntentView;
  const placed = placedStatus(before, { decision, offers }, now, rates);
  const message = `moved off ${placement?.node} of ${placement?.provider}, so that ${by} has room: ${placed.message}`;
  return change(
    { ...view, status: placed },
    now,
    {
      message,
      moved: { times: (moved?.times ?? 0) + 1, last: timestamp(now) },
      workloadURL: undefined,
      gpuUtilization: undefined,
    },
    { Reserved: yes("Moved", message) },
  );
}
