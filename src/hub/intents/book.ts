import type { Placement } from "../../allocation/decision.ts";
import { type Ledger, observe, openLedger, record, release } from "../../allocation/ledger.ts";
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

/** Nobody may ask for the ledger for long. */
const MOST_PENDING = 1000;

/** Creates an empty book. */
export function createBook({ pool, reservations, currencyRates }: BookOptions): Book {
  const byIntent = new Map<string, readonly Placement[]>();
  let standing = openLedger({ offers: pool.offers(), currencyRates });
  /** What was set since the ledger was asked for last. */
  let taken: Placement[] = [];
  let given: Placement[] = [];

  /** The ledger is carried on, not made anew from everything that is held: there may be thousands. */
  const current = (): Ledger => {
    const offers = pool.offers();
    if (offers !== standing.told) standing = observe(standing, offers, currencyRates);
    // Taken before given: what came and went in between is in both.
    if (taken.length > 0) standing = record(standing, taken);
    if (given.length > 0) standing = release(standing, given);
    [taken, given] = [[], []];
    return standing;
  };
  return {
    set: (uid, placements) => {
      const before = byIntent.get(uid) ?? [];
      if (JSON.stringify(placements) === JSON.stringify(before)) return;
      if (placements.length === 0) byIntent.delete(uid);
      else byIntent.set(uid, placements);
      taken.push(...placements);
      given.push(...before);
      if (taken.length + given.length > MOST_PENDING) current();
      reservations.set(uid, asReservations(placements));
    },
    held: (uid) => byIntent.get(uid) ?? [],
    ledger: (without = new Set()) => {
      const left = [...without].flatMap((uid) => byIntent.get(uid) ?? []);
      return left.length === 0 ? current() : release(current(), left);
    },
  };
}
