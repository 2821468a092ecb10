import { type Ledger, openLedger, record } from "../../allocation/ledger.ts";
import type { CurrencyRates } from "../../allocation/types.ts";
import type { Federation } from "../federation.ts";
import type { IntentCache } from "../intents/intent-cache.ts";
import { heldPlacements } from "../intents/places.ts";
import { ApiError } from "./api-error.ts";

/** What can be had, and what is held, at one moment. */
export interface Prices {
  readonly ledger: Ledger;
  /** Grows with every change. */
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

/** Creates the market; it is worked out when somebody asks, and not again before something changed. */
export function createMarket({ federation, intents, currencyRates, now }: MarketOptions): Market {
  let prices: (Prices & { readonly at: number }) | undefined;
  let isStale = true;
  const touch = (): void => {
    isStale = true;
  };
  const unsubscribe = [federation.pool.subscribe(touch), intents.subscribe(touch)];
  const workOut = (): Prices & { readonly at: number } => {
    const held = [...intents.values()].flatMap(heldPlacements);
    const ledger = record(openLedger({ offers: federation.pool.offers(), currencyRates }), held);
    isStale = false;
    return { ledger, version: (prices?.version ?? 0) + 1, at: now() };
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
