import { nodeKey } from "../../allocation/capacity.ts";
import type { Decision, NotPlaced, Placed, Placement } from "../../allocation/decision.ts";
import type { Ledger } from "../../allocation/ledger.ts";
import type { MoveRules } from "../../allocation/plan-moves.ts";
import type { Requirement } from "../../allocation/requirement.ts";
import type { Offer } from "../../allocation/types.ts";
import type { Seat } from "./movable.ts";
import type { Holder } from "./preempt.ts";
import type { Waiting } from "./queue-order.ts";
import { type FormerPlace, offersOf } from "./returning.ts";

/** An Intent that waits, with what it asks. */
export interface Asking extends Waiting {
  readonly uid: string;
  readonly requirement: Requirement;
  /** GPUs that it would get. */
  readonly gpus: number;
  /** Providers, and nodes as `provider/node`, that it fled from and that are not clean yet. */
  readonly avoids: ReadonlySet<string>;
  /** The same, where it did not start before: it goes there only if there is no other place. */
  readonly shuns?: ReadonlySet<string>;
  /** How long it waits before it gives up anything, milliseconds. */
  readonly patienceMs: number;
  /** Where it was before it was suspended, and goes back to if it can. */
  readonly place?: FormerPlace | undefined;
}

/** What an Intent's turn came to. */
export type Outcome =
  | {
      readonly result: "placed";
      readonly decision: Placed;
      readonly offers: readonly Offer[];
      readonly relaxed?: string;
    }
  | { readonly result: "waits"; readonly reason: string; readonly decision: Decision }
  | {
      readonly result: "preempts";
      readonly reason: string;
      readonly decision: Decision;
      readonly victims: readonly Holder[];
    }
  | {
      readonly result: "moves";
      readonly reason: string;
      readonly decision: Decision;
      readonly moves: readonly SeatMove[];
      readonly offers: readonly Offer[];
    }
  | { readonly result: "ends"; readonly reason: string };

/** Somebody who is moved, and where to. */
export interface SeatMove {
  readonly seat: Seat;
  readonly decision: Placed;
}

/** How room is made by moving others. */
export interface Moving {
  readonly rules: MoveRules;
  /** Who waits less has nobody moved for it, milliseconds. */
  readonly afterMs: number;
  /** Who may be moved. */
  readonly seats: () => readonly Seat[];
  /** Plans that may still be worked out in this pass: they cost many decisions each. */
  plans: number;
  /** When a plan was worked out for an Intent (uid) last, milliseconds, so that everybody has a turn. */
  readonly tried: Map<string, number>;
  readonly againAfterMs: number;
}

/** One pass over the queue: what is left to give, and what is kept for those who wait longest. */
export interface Pass {
  ledger: Ledger;
  readonly now: number;
  /** GPUs that are being given back: placements of those who left and whose providers answer. */
  readonly leaving: readonly Placement[];
  /** Interruptible ones that may be displaced. */
  holders: readonly Holder[];
  /** Whether, and how, somebody is moved to make room. */
  readonly moving?: Moving | undefined;
  /** Nodes that are kept free for somebody who comes before. */
  readonly kept: Set<string>;
  /** Who waits longer than this has nodes kept for it, milliseconds. */
  readonly starvesAfterMs: number;
  /** Answers to questions that were asked in this pass: the ledger only shrinks, so a no stays a no. */
  readonly refused: Map<string, NotPlaced>;
  /** Suggestions that may still be worked out: they cost many decisions each. */
  suggestions: number;
}

/** Whether it may have it: its node is kept for nobody else, and it does not flee from there. */
export const isOpenTo = (
  { kept, avoids }: Pick<Pass, "kept"> & Pick<Asking, "avoids">,
  offer: Offer,
): boolean => !kept.has(nodeKey(offer)) && !avoids.has(nodeKey(offer)) && !avoids.has(offer.provider);

/** The pass's offers without the nodes that are kept for others, or that the Intent avoids; those of its place, if any. */
export function openOffers(
  { ledger, kept }: Pick<Pass, "ledger" | "kept">,
  { avoids, place }: Pick<Asking, "avoids" | "place">,
): Ledger {
  if (kept.size === 0 && avoids.size === 0 && place === undefined) return ledger;
  const open = ledger.offers.filter((offer) => isOpenTo({ kept, avoids }, offer));
  return { ...ledger, offers: place === undefined ? open : offersOf(place, open) };
}

type Placements = Pick<Placed, "placements">;

/** The nodes take nothing new in this pass. */
export function keepNodes(pass: Pass, { placements }: Placements): void {
  for (const placement of placements) pass.kept.add(nodeKey(placement));
}

export const nodesOf = ({ placements }: Placements): string =>
  [...new Set(placements.map(nodeKey))].join(", ");
