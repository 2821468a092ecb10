import type { Ledger } from "../../allocation/ledger.ts";
import type { CurrencyRates } from "../../allocation/types.ts";
import type { Federation } from "../federation.ts";
import { createBook } from "../intents/book.ts";
import { followHeld, type IntentCache } from "../intents/intent-cache.ts";
import { ApiError } from "./api-error.ts";

/** What can be had, and what is held, at one moment. */
export interface Prices {
  readonly ledger: Ledger;
  /** Grows with every change of what can be had. */
  readonly version: number;
}

/** The offers as they are told to people: what is free has what Intents hold taken off. */
export interface Market {
  /** Throws UNAVAILABLE while something was not read yet that may make a difference. */
  now(): Prices;
  close(): void;
}

export interface MarketOptions {
  readonly federation: Federation;
  readonly intents: IntentCache;
  readonly currencyRates: CurrencyRates;
  readonly now: () => number;
}

/** What is told may be so old: with ten thousand nodes something changes all the time. */
const FRESH_MS = 1000;

/**
 * Creates the market; it is worked out when somebody asks, and not again before something changed. What it was is carried on:
 * from one look to the next a few nodes change out of thousands.
 */
export function createMarket({ federation, intents, currencyRates, now }: MarketOptions): Market {
  const { pool } = federation;
  const book = createBook({ pool, reservations: { set: () => undefined }, currencyRates });
  let prices: (Prices & { readonly at: number }) | undefined;
  let isStale = true;
  const touch = (): void => {
    isStale = true;
  };
  const unsubscribe = [
    pool.subscribe(touch),
    followHeld(intents, (uid, held) => {
      book.set(uid, held);
      touch();
    }),
  ];
  const workOut = (): Prices & { readonly at: number } => {
    const ledger = book.ledger();
    isStale = false;
    const { version = 0 } = prices ?? {};
    return { ledger, version: ledger === prices?.ledger ? version : version + 1, at: now() };
  };
  return {
    now: () => {
      if (!intents.isRead() || !federation.isComplete())
        throw new ApiError("UNAVAILABLE", "the hub has not read yet what its providers have", {
          retryAfterSeconds: 2,
        });
      if (prices === undefined || (isStale && now() - prices.at >= FRESH_MS)) prices = workOut();
      return prices;
    },
    close: () => {
      for (const each of unsubscribe) each();
    },
  };
}
