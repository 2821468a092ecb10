import { type Outlook, outlookOf, type View } from "./packing/outlook.ts";
import type { Forecast, Offer } from "./types.ts";

/** How the offers of a ledger look in one forecast, by position: each looked at once as long as it is the same object. */
export interface Sight {
  readonly forecast: Forecast;
  readonly outlook: Outlook;
  readonly offers: (Offer | undefined)[];
  readonly views: (View | undefined)[];
}

/** Of so many offers, none of which was looked at yet. */
export const createSight = (forecast: Forecast, length: number): Sight => ({
  forecast,
  outlook: outlookOf(forecast),
  // Filled: an array that is written from its end becomes a slow table.
  offers: Array.from({ length }, () => undefined),
  views: Array.from({ length }, () => undefined),
});

/** How the offer at this position looks now. */
export function viewAt({ outlook, offers, views }: Sight, position: number, offer: Offer): View {
  const known = views[position];
  if (known !== undefined && offers[position] === offer) return known;
  const view = outlook.viewOf(offer);
  offers[position] = offer;
  views[position] = view;
  return view;
}
