import type { Placement } from "../../allocation/decision.ts";
import { type Ledger, openLedger, record } from "../../allocation/ledger.ts";
import type { CurrencyRates } from "../../allocation/types.ts";
import type { OfferPool } from "../inventory/offer-pool.ts";
import type { Reservations } from "../inventory/reservations.ts";
import { asReservations } from "./places.ts";

/**
 * Who holds what, by the uid of the Intent. It follows from the Intents' status and nothing else; it is ahead of it only
 * between a decision and the answer to the write that tells it.
 */
export interface Book {
  set(uid: string, placements: readonly Placement[]): void;
  held(uid: string): readonly Placement[];
  /** What can be had now: the pool's offers less everything that is held. */
  ledger(without?: ReadonlySet<string>): Ledger;
}

export interface BookOptions {
  readonly pool: Pick<OfferPool, "offers">;
  readonly reservations: Pick<Reservations, "set">;
  readonly currencyRates: CurrencyRates;
}

/** Creates an empty book. */
export function createBook({ pool, reservations, currencyRates }: BookOptions): Book {
  const byIntent = new Map<string, readonly Placement[]>();
  return {
    set: (uid, placements) => {
      const before = JSON.stringify(byIntent.get(uid) ?? []);
      if (JSON.stringify(placements) === before) return;
      if (placements.length === 0) byIntent.delete(uid);
      else byIntent.set(uid, placements);
      reservations.set(uid, asReservations(placements));
    },
    held: (uid) => byIntent.get(uid) ?? [],
    ledger: (without = new Set()) => {
      const held = [...byIntent].flatMap(([uid, placements]) => (without.has(uid) ? [] : placements));
      return record(openLedger({ offers: pool.offers(), currencyRates }), held);
    },
  };
}
