import { exchange } from "../../../allocation/currency.ts";
import type { CurrencyRates, Offer } from "../../../allocation/types.ts";
import { shortHash } from "../../../workload/names.ts";
import { given } from "../../inventory/given.ts";

/** Offers that differ in nothing but their node, as one row. */
export interface ResourceRow {
  /** Unique, in the order of the rows, and the same as long as the facts are. */
  readonly key: string;
  readonly provider: string;
  /** Who runs the provider, where its nodes say so. */
  readonly operator?: string;
  readonly model: string;
  readonly variant?: string;
  readonly profile?: string;
  readonly memoryGi?: number;
  readonly tier?: string;
  readonly architecture?: string;
  readonly interconnect?: string;
  readonly sharing: string;
  readonly interruptible: boolean;
  readonly region?: string;
  readonly zone?: string;
  readonly country?: string;
  readonly continent?: string;
  readonly groups: readonly string[];
  /** Of one unit for an hour. */
  readonly rate?: { readonly amount: number; readonly currency: string };
  readonly free: number;
  readonly total: number;
  readonly nodes: number;
  /** The most that are free on one node. */
  readonly largestFree: number;
}

/** The offers as rows, in the order of provider and model. */
export type RowsOf = (offers: readonly Offer[]) => readonly ResourceRow[];

/** Creates it. What an offer is, is found out once: from one look to the next most are the same objects. */
export function createRows(): RowsOf {
  const kinds = new WeakMap<Offer, Kind>();
  let byText = new Map<string, Kind>();
  const kindOf = (offer: Offer): Kind => {
    const text = factsText(offer);
    const known = byText.get(text);
    if (known !== undefined) return known;
    const key = `${offer.provider}/${offer.gpu.model ?? "unknown"}/${shortHash(text)}`;
    const kind = { text, key, facts: factsOf(offer) };
    byText.set(text, kind);
    return kind;
  };
  return (offers) => {
    const rows = new Map<Kind, Counted>();
    for (const offer of offers) {
      const kind = kinds.get(offer) ?? kindOf(offer);
      kinds.set(offer, kind);
      count(offer, rows.get(kind) ?? startOf(rows, kind));
    }
    // What is offered no more is forgotten.
    byText = new Map([...rows.keys()].map((kind) => [kind.text, kind]));
    return [...rows]
      .map(([{ key, facts }, counted]): ResourceRow => ({ key, ...facts, ...counted }))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
  };
}

function startOf(rows: Map<Kind, Counted>, kind: Kind): Counted {
  const counted = { free: 0, total: 0, nodes: 0, largestFree: 0 };
  rows.set(kind, counted);
  return counted;
}

function count({ free, total }: Offer, counted: Counted): void {
  counted.free += free;
  counted.total += total;
  counted.nodes += 1;
  counted.largestFree = Math.max(counted.largestFree, free);
}

type Counts = "free" | "total" | "nodes" | "largestFree";
type Facts = Omit<ResourceRow, "key" | Counts>;
type Counted = { -readonly [Count in Counts]: number };
/** What all offers of a row have in common. */
interface Kind {
  readonly text: string;
  readonly key: string;
  readonly facts: Facts;
}

/** All facts of a row in one text. */
function factsText({ provider, operator, gpu, place, interruptible, unitRate, currency }: Offer): string {
  const { model, variant, profile, memoryGi, tier, architecture, interconnect, sharing } = gpu;
  const { region, zone, country, continent, groups } = place;
  const what = [
    provider,
    operator,
    model,
    variant,
    profile,
    memoryGi,
    tier,
    architecture,
    interconnect,
    sharing,
  ];
  return [...what, interruptible, unitRate, currency, region, zone, country, continent, ...groups].join("\n");
}

function factsOf({ provider, operator, gpu, place, interruptible, unitRate, currency }: Offer): Facts {
  return {
    provider,
    model: gpu.model ?? "unknown",
    sharing: gpu.sharing,
    interruptible,
    groups: place.groups,
    ...given({
      operator,
      variant: gpu.variant,
      profile: gpu.profile,
      memoryGi: gpu.memoryGi,
      tier: gpu.tier,
      architecture: gpu.architecture,
      interconnect: gpu.interconnect,
      region: place.region,
      zone: place.zone,
      country: place.country,
      continent: place.continent,
      rate: unitRate === undefined || currency === undefined ? undefined : { amount: unitRate, currency },
    }),
  };
}

/** The rows with their rates in one currency; a rate that cannot be told in it is left out. */
export function inCurrency(
  rows: readonly ResourceRow[],
  currency: string,
  currencyRates: CurrencyRates,
): readonly ResourceRow[] {
  return rows.map(({ rate, ...row }) => {
    const factor = rate && exchange(currencyRates, rate.currency, currency);
    if (rate === undefined || factor === undefined) return row;
    return { ...row, rate: { amount: rate.amount * factor, currency } };
  });
}

/** What may be asked of rows. */
export interface ResourceFilter {
  readonly model?: string | undefined;
  readonly variant?: string | undefined;
  readonly memoryGiMin?: number | undefined;
  /** Region, zone, country, continent or group, in any case. */
  readonly region?: string | undefined;
  readonly provider?: string | undefined;
  readonly tier?: string | undefined;
  /** In the currency of the rows. A rate that nobody tells is above any bound. */
  readonly maxRate?: number | undefined;
  readonly available?: boolean | undefined;
}

/** Whether a row is what is asked for. */
export function isAskedFor(row: ResourceRow, filter: ResourceFilter): boolean {
  const { model, variant, memoryGiMin, region, provider, tier, maxRate, available } = filter;
  const places = [row.region, row.zone, row.country, row.continent, ...row.groups];
  return (
    (model === undefined || row.model === model) &&
    (variant === undefined || row.variant === variant) &&
    (memoryGiMin === undefined || (row.memoryGi ?? 0) >= memoryGiMin) &&
    (region === undefined || places.some((place) => isSame(place, region))) &&
    (provider === undefined || isSame(row.provider, provider) || isSame(row.operator, provider)) &&
    (tier === undefined || isSame(row.tier, tier)) &&
    (maxRate === undefined || (row.rate !== undefined && row.rate.amount <= maxRate)) &&
    (available === undefined || row.free > 0 === available)
  );
}

const isSame = (has: string | undefined, asked: string): boolean =>
  has?.toLowerCase() === asked.toLowerCase();
