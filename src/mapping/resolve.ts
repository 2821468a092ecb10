import { agreed, type Catalogue, type CatalogueMatch, type CatalogueVariant } from "./catalogue.ts";
import type { FoundGroup } from "./found-group.ts";
import { scaleSpecs } from "./scale-specs.ts";
import type { Specs } from "./schema.ts";
import type { Scalar } from "./scope.ts";

/** A label within this share of a nominal size means that size (drivers subtract what they reserve). */
const NOMINAL_WITHIN = 0.08;

/** A found group with what the catalogue knows of it. */
export interface ResolvedGroup {
  readonly found: FoundGroup;
  readonly model: string | undefined;
  readonly variant: string | undefined;
  readonly profile: string | undefined;
  readonly memoryGi: number | undefined;
  /** Share of a GPU that one device is; 1 for whole GPUs; undefined where nothing tells. */
  readonly share: number | undefined;
  /** Figures of one device, the share taken into account. */
  readonly specs: Specs;
  /** Physical GPUs that the group takes, in parts where several groups share them; undefined where nothing tells. */
  readonly physical: number | undefined;
  /** Place in the catalogue, for explanations. */
  readonly at: string | undefined;
  readonly memoryInferred: boolean;
}

/** Asks the catalogue for a group's product; narrows the variant by memory; scales figures to slices. */
export function resolveGroup(found: FoundGroup, catalogue: Catalogue): ResolvedGroup {
  const profile = text(found.fields.profile);
  const reported = number(found.fields["memory-gi"]);
  const match = findProduct(found, catalogue);
  const entry =
    match &&
    agreed(
      profile === undefined
        ? narrowByMemory(match, reported)
        : narrowByShare(match, reported, number(found.fields.slices)),
    );
  const hiddenCut = profile === undefined && looksCut(entry?.specs, reported);
  const cut = hiddenCut || profile !== undefined;
  const share = cut ? shareOf(found, entry?.specs, reported) : 1;
  // A slice's nominal size is in its profile's name; the whole card's says nothing of it, unless it is all of it.
  const nominal = cut && share !== 1 ? number(found.fields["nominal-gi"]) : entry?.specs["memory-gi"];
  const memoryGi = memoryOf(reported, nominal ?? partOf(entry?.specs["memory-gi"], share));
  return {
    found: hiddenCut
      ? { ...found, sharing: "mig", inferred: new Set([...found.inferred, "sharing"]) }
      : found,
    model: entry?.model,
    variant: text(found.fields.variant) ?? entry?.variant,
    profile,
    memoryGi,
    share,
    specs: scaleSpecs(entry, {
      capability: text(found.fields["compute-capability"]),
      architecture: text(found.fields.architecture),
      memoryGi,
      cut,
      share,
    }),
    physical: number(found.fields.physical) ?? (share === undefined ? undefined : found.count * share),
    at: entry?.at,
    memoryInferred: reported === undefined || found.inferred.has("memory-gi"),
  };
}

const text = (value: Scalar | undefined): string | undefined =>
  value === undefined ? undefined : String(value);
const number = (value: Scalar | undefined): number | undefined =>
  typeof value === "number" ? value : undefined;

function findProduct(found: FoundGroup, catalogue: Catalogue): CatalogueMatch | undefined {
  const id = text(found.fields["pci-id"]);
  const product = text(found.fields.product);
  const byId = id === undefined ? undefined : catalogue.findPci(found.vendor, id);
  const byName = product === undefined ? undefined : catalogue.find(product);
  const ofVendor = byName?.candidates[0]?.vendor === found.vendor ? byName : undefined;
  // An id that stands for several models says less than a name that is one of them.
  return byId && (byId.candidates.length === 1 || !ofVendor) ? byId : ofVendor;
}

/** A card that can be cut and shows hardly more than half its memory is cut, though no label says how. */
const looksCut = (whole: Specs | undefined, reported: number | undefined): boolean =>
  whole?.slices !== undefined && reported !== undefined && reported <= 0.6 * (whole["memory-gi"] ?? 0);

const near = (size: number, nominal: number): boolean => Math.abs(size - nominal) <= nominal * NOMINAL_WITHIN;

function narrowByMemory(match: CatalogueMatch, reported: number | undefined): CatalogueMatch {
  if (reported === undefined || match.candidates.length < 2) return match;
  return keepSome(match, (candidate) => near(reported, candidate.specs["memory-gi"] ?? Number.NaN));
}

/** A slice of so many of so many slices tells the whole card's memory, roughly: within a quarter is good enough to pick one. */
function narrowByShare(
  match: CatalogueMatch,
  reported: number | undefined,
  slices: number | undefined,
): CatalogueMatch {
  if (reported === undefined || slices === undefined || match.candidates.length < 2) return match;
  return keepSome(match, ({ specs }) => {
    const whole = (reported * memorySlices(specs.slices ?? 7)) / memorySlicesOf(slices, specs.slices ?? 7);
    return Math.abs(whole - (specs["memory-gi"] ?? Number.NaN)) <= 0.25 * (specs["memory-gi"] ?? Number.NaN);
  });
}

function keepSome(match: CatalogueMatch, keep: (candidate: CatalogueVariant) => boolean): CatalogueMatch {
  const candidates = match.candidates.filter(keep);
  return candidates.length > 0 ? { model: match.model, candidates } : match;
}

/** MIG cuts memory into one part more than compute where compute has seven (A100, H100: 8 of 1g.5gb memory). */
const memorySlices = (compute: number): number => (compute === 7 ? 8 : compute);
const memorySlicesOf = (slices: number, compute: number): number =>
  compute === 7 && slices >= 3 ? (slices === 7 ? 8 : 4) : slices;

function shareOf(
  found: FoundGroup,
  whole: Specs | undefined,
  reported: number | undefined,
): number | undefined {
  const units = number(found.fields.units);
  if (units !== undefined && whole?.units) return Math.min(1, units / whole.units);
  const slices = number(found.fields.slices);
  if (slices !== undefined && whole?.slices) return Math.min(1, slices / whole.slices);
  const size = whole?.["memory-gi"];
  if (reported === undefined || size === undefined) return undefined;
  if (near(reported, size)) return 1;
  return whole?.slices === undefined ? undefined : Math.min(1, reported / size);
}

/** Where nothing tells how much of the memory a part has: its share. */
const partOf = (whole: number | undefined, share: number | undefined): number | undefined =>
  whole === undefined || share === undefined ? undefined : Math.max(1, Math.round(whole * share));

function memoryOf(reported: number | undefined, nominal: number | undefined): number | undefined {
  if (reported === undefined) return nominal;
  return nominal !== undefined && near(reported, nominal) ? nominal : Math.max(1, Math.round(reported));
}
