import { isDeepStrictEqual } from "node:util";
import type { Flavor } from "../../fluidos/flavor.ts";
import { covers } from "./covers.ts";
import type { GroupSales } from "./node-sales.ts";
import { MARKS, type SeenFlavor } from "./seen-flavor.ts";

/** What is to be done to a Flavor that FLUIDOS made. */
export type Step =
  | {
      readonly kind: "patch";
      readonly flavor: SeenFlavor;
      /** A JSON merge patch. */
      readonly patch: object;
      /** It puts the node on the market: only where no Contract has come meanwhile. */
      readonly offers: boolean;
    }
  | { readonly kind: "remove"; readonly flavor: SeenFlavor };

/** What the group's own devices say: the Flavor that the hub would publish, and whether anything of it is free. */
export interface Wanted {
  readonly flavor: Flavor;
  readonly isFree: boolean;
}

/**
 * Keeps what FLUIDOS made of a group in order. While any of it is sold none of it is for sale, since the rest of a sale
 * has all of the GPUs again; once none is, the first Flavor is for sale and the rest goes. A Flavor without GPUs gets
 * them, one without a price gets that.
 */
export function stepsFor({ managed, leftovers, isSold }: GroupSales, wanted: Wanted): readonly Step[] {
  const rest = leftovers.flatMap((flavor): readonly Step[] =>
    isSold ? marketStep(flavor, { reason: "sold", isKept: false }) : [{ kind: "remove", flavor }],
  );
  if (managed === undefined) return rest;
  if (isSold) return [...marketStep(managed, { reason: "sold" }), ...rest];
  if (!wanted.isFree) return [...marketStep(managed, { reason: "in-use" }), ...rest];
  const filled = [...marketPatch(managed, leftovers.length > 0), ...fills(managed, wanted.flavor)];
  return [...patchOf(managed, filled), ...rest];
}

/** A node that is no GPU node any more: what was filled in is taken out. */
export function emptied(flavor: SeenFlavor): readonly Step[] {
  if (flavor.manager !== "upstream" || flavor.resource === undefined) return [];
  const none = { ...nulls(Object.keys(flavor.gpu)), model: "", cores: "0", memory: "0" };
  const price = flavor.markedPrice === undefined ? {} : { price: { amount: "", currency: "", period: "" } };
  const told = Object.keys(flavor.additional).filter((key) => TOLD.includes(key));
  const spec = { ...price, flavorType: { typeData: dataOf(none, nulls(told)) } };
  return patchOf(flavor, [{ metadata: { annotations: { [MARKS.price]: null } }, spec }]);
}

interface Patch {
  readonly metadata?: { readonly annotations: Readonly<Record<string, string | null>> };
  readonly spec?: Spec;
}

interface Spec {
  readonly availability?: boolean;
  readonly price?: object;
  readonly flavorType?: object;
}

/** What the hub tells in additional properties (`flavorOf`); others there are somebody else's. */
const TOLD = ["provider", "node", "resource", "count", "total", "free", "operator", "variant", "profile"];

/** Takes a Flavor off the market, noting why where it is to come back. */
function marketStep(
  flavor: SeenFlavor,
  { reason, isKept = true }: { readonly reason: string; readonly isKept?: boolean },
): readonly Step[] {
  const mark = isKept && flavor.offMarket !== reason && isOurDoing(flavor, reason);
  const patches: Patch[] = [
    ...(mark ? [{ metadata: { annotations: { [MARKS.offMarket]: reason } } }] : []),
    ...(flavor.isAvailable ? [{ spec: { availability: false } }] : []),
  ];
  return patchOf(flavor, patches);
}

/** FLUIDOS takes off what it sold; what somebody else took off although it is not sold, is theirs to put back. */
const isOurDoing = (flavor: SeenFlavor, reason: string): boolean =>
  flavor.isAvailable || flavor.offMarket !== undefined || reason === "sold";

/** Puts it back, where the hub or a sale took it off. That a rest is there says that it was sold. */
function marketPatch(flavor: SeenFlavor, hasRest: boolean): readonly Patch[] {
  if (flavor.offMarket === undefined && (flavor.isAvailable || !hasRest)) return [];
  return [
    {
      metadata: { annotations: { [MARKS.offMarket]: null } },
      spec: { availability: true },
    },
  ];
}

/** What a Flavor lacks, or what was filled in and is not current any more. */
function fills(flavor: SeenFlavor, { spec }: Flavor): readonly Patch[] {
  const { characteristics, properties } = spec.flavorType.typeData;
  const { additionalProperties = {} } = properties;
  const patches: Patch[] = [];
  const isCurrent =
    isDeepStrictEqual(flavor.gpu, characteristics.gpu) && covers(flavor.additional, additionalProperties);
  if (flavor.manager === "upstream" && !isCurrent) {
    const gpu = { ...nulls(Object.keys(flavor.gpu)), ...characteristics.gpu };
    patches.push({ spec: { flavorType: { typeData: dataOf(gpu, additionalProperties) } } });
  }
  const price = priceText(spec.price);
  const isOpen = (flavor.price.amount ?? "") === "" || priceText(flavor.price) === flavor.markedPrice;
  const isKnown = Number.isFinite(Number(spec.price.amount));
  if (isKnown && isOpen && priceText(flavor.price) !== price)
    patches.push({ metadata: { annotations: { [MARKS.price]: price } }, spec: { price: spec.price } });
  return patches;
}

const priceText = ({ amount, currency }: { readonly amount?: unknown; readonly currency?: unknown }) =>
  [amount, currency].join(" ");

const dataOf = (gpu: object, additionalProperties: object): object => ({
  characteristics: { gpu },
  properties: { additionalProperties },
});

const nulls = (keys: readonly string[]): Readonly<Record<string, null>> =>
  Object.fromEntries(keys.map((key) => [key, null]));

/** One patch of several, which holds only for the version that was looked at. */
function patchOf(flavor: SeenFlavor, patches: readonly Patch[]): readonly Step[] {
  if (patches.length === 0) return [];
  const annotations = Object.assign({}, ...patches.map(({ metadata }) => metadata?.annotations));
  const spec: Spec = Object.assign({}, ...patches.map((patch) => patch.spec));
  const patch = { metadata: { resourceVersion: flavor.resourceVersion, annotations }, spec };
  return [{ kind: "patch", flavor, patch, offers: spec.availability === true }];
}
