import type { Requirement } from "../requirement.ts";
import type { Forecast, Snapshot } from "../types.ts";
import type { DemandBook } from "./demand.ts";
import { forecastOf } from "./forecast.ts";

/** A new forecast is due once so much more was asked, as a share of what the last one knew. */
const NEWS = 0.25;
/** ... but not before so many tasks, and at the latest after so many, or for each offer so many: large pools change slowly. */
const LEAST_NEWS = 32;
const MOST_NEWS = 800;
const MOST_NEWS_PER_OFFER = 0.65;

/** Keeps the forecast of one pool: what was asked so far, and now and then a new look at what is scarce. */
export interface Forecaster {
  note(requirement: Requirement): void;
  /** The same snapshot with the forecast that is in force; it stays the same object until a new one is due. */
  foresee<T extends Snapshot>(snapshot: T): T;
}

/** Creates one that looks for its shapes in the book. */
export function createForecaster(book: DemandBook): Forecaster {
  let forecast: Forecast | undefined;
  let decisions = 0;
  let known = 0;
  return {
    note: (requirement) => book.note(requirement),
    foresee: (snapshot) => {
      decisions += 1;
      const news = Math.max(decisions, book.noted() - known);
      const most = Math.max(MOST_NEWS, snapshot.offers.length * MOST_NEWS_PER_OFFER);
      const due = Math.min(most, Math.max(LEAST_NEWS, known * NEWS));
      if (forecast === undefined ? book.noted() > 0 : news >= due) {
        forecast = forecastOf(book.shapes(), snapshot);
        known = book.noted();
        decisions = 0;
      }
      return forecast === undefined || snapshot.forecast === forecast ? snapshot : { ...snapshot, forecast };
    },
  };
}
