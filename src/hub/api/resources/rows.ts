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
export function rowsOf(offers: readonly Offer[]): readonly ResourceRow[] {
  const rows = new Map<string, Row>();
  for (const offer of offers) {
    const kind = kindOf(offer);
    let row = rows.get(kind);
    if (row === undefined) {
      const key = `${offer.provider}/${offer.gpu.model ?? "unknown"}/${shortHash(kind)}`;
      row = { key, ...factsOf(offer), free: 0, total: 0, nodes: 0, largestFree: 0 };
      rows.set(kind, row);
    }
    row.free += offer.free;
    row.total += offer.total;
    row.nodes += 1;
    row.largestFree = Math.max(row.largestFree, offer.free);
  }
  return [...rows.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
}

type Counts = "free" | "total" | "nodes" | "largestFree";
type Facts = Omit<ResourceRow, "key" | Counts>;
type Row = Omit<ResourceRow, Counts> & { -readonly [Count in Counts]: number };

/** All facts of a row in one text. It is made for every offer. */
function kindOf({ provider, operator, gpu, place, interruptible, unitRate, currency }: Offer): string {
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
