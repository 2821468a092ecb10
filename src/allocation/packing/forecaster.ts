import type { Requirement } from "../requirement.ts";
import type { Forecast, ForecastReserve, Snapshot } from "../types.ts";
import type { DemandBook } from "./demand.ts";
import { foresight } from "./forecast.ts";
import { sizeKey, type Watch } from "./reserve.ts";

/** A new forecast is due once so much more was asked, as a share of what the last one knew. */
const NEWS = 0.4;
/** ... but not before so many tasks, and at the latest after so many, or for each offer so many: large pools change slowly. */
const LEAST_NEWS = 32;
const MOST_NEWS = 1000;
const MOST_NEWS_PER_OFFER = 0.65;
/** What is kept together is looked at so often, and changed where a chance is twice or half what it was. */
const LOOK_NEWS = 16;
const CHANGE = 2;
/** Chances are told apart from this one on. */
const LEAST_CHANCE = 0.01;

/** Keeps the forecast of one pool: what was asked so far, and now and then a new look at what is scarce. */
export interface Forecaster {
  note(requirement: Requirement): void;
  /** The same snapshot with the forecast that is in force; it stays the same object until a new one is due. */
  foresee<T extends Snapshot>(snapshot: T): T;
}

/** Creates one that looks for its shapes in the book. */
export function createForecaster(book: DemandBook): Forecaster {
  let forecast: Forecast | undefined;
  let watch: Watch | undefined;
  let decisions = 0;
  let known = 0;
  let looked = 0;
  return {
    note: (requirement) => book.note(requirement),
    foresee: (snapshot) => {
      decisions += 1;
      const news = Math.max(decisions, book.noted() - known);
      const most = Math.max(MOST_NEWS, snapshot.offers.length * MOST_NEWS_PER_OFFER);
      const due = Math.min(most, Math.max(LEAST_NEWS, known * NEWS));
      if (forecast === undefined ? book.noted() > 0 : news >= due) {
        ({ forecast, watch } = foresight(book.shapes(), snapshot) ?? {});
        known = book.noted();
        decisions = 0;
        looked = 0;
      } else if (forecast !== undefined && watch !== undefined && news - looked >= LOOK_NEWS) {
        looked = news;
        const reserves = watch.look(snapshot.offers);
        if (haveChanged(forecast.reserves, reserves)) forecast = { ...forecast, reserves };
      }
      return forecast === undefined || snapshot.forecast === forecast ? snapshot : { ...snapshot, forecast };
    },
  };
}

function haveChanged(before: readonly ForecastReserve[], after: readonly ForecastReserve[]): boolean {
  const chances = new Map(before.map((reserve) => [sizeKey(reserve), reserve.chance]));
  for (const reserve of after) {
    const key = sizeKey(reserve);
    if (areApart(chances.get(key) ?? 0, reserve.chance)) return true;
    chances.delete(key);
  }
  return [...chances.values()].some((chance) => areApart(chance, 0));
}

function areApart(one: number, other: number): boolean {
  const [less, more] = one < other ? [one, other] : [other, one];
  return more + LEAST_CHANCE > CHANGE * (less + LEAST_CHANCE);
}
