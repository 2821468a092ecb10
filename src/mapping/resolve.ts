import { agreed, type Catalogue, type CatalogueMatch, type CatalogueVariant } from "./catalogue.ts";
import type { FoundGroup } from "./found-group.ts";
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
  const cut = profile !== undefined || looksCut(entry?.specs, reported);
  const share = cut ? shareOf(found, entry?.specs, reported) : 1;
  // A slice's nominal size is in its profile's name; the whole card's says nothing of it, unless it is all of it.
  const nominal = cut && share !== 1 ? number(found.fields["nominal-gi"]) : entry?.specs["memory-gi"];
  const memoryGi = memoryOf(reported, nominal);
  return {
    found,
    model: entry?.model,
    variant: text(found.fields.variant) ?? entry?.variant,
    profile,
    memoryGi,
    share,
    specs: scale(entry, found, share, memoryGi, cut),
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

function memoryOf(reported: number | undefined, nominal: number | undefined): number | undefined {
  if (reported === undefined) return nominal;
  return nominal !== undefined && near(reported, nominal) ? nominal : Math.max(1, Math.round(reported));
}

function scale(
  entry: CatalogueVariant | undefined,
  found: FoundGroup,
  share: number | undefined,
  memoryGi: number | undefined,
  slice: boolean,
): Specs {
  const specs: Specs = { ...entry?.specs };
  const capability = text(found.fields["compute-capability"]);
  const architecture = text(found.fields.architecture);
  if (capability !== undefined) specs["compute-capability"] = capability;
  if (specs.architecture === undefined && architecture !== undefined) specs.architecture = architecture;
  if (memoryGi === undefined) delete specs["memory-gi"];
  else specs["memory-gi"] = memoryGi;
  if (!slice || share === 1) return specs;
  for (const key of ["cores", "fp32-tflops", "tdp-watts"] as const) {
    const whole = specs[key];
    if (share === undefined || whole === undefined) delete specs[key];
    else specs[key] = key === "cores" ? Math.max(1, Math.round(whole * share)) : whole * share;
  }
  // Slices of GPUs do not talk over the GPUs' links.
  specs.interconnect = "pcie";
  delete specs["link-gbs"];
  delete specs.topology;
  return specs;
}

/**
 * Sets how many GPUs the slices of one model take together: as many as their slices fill, and as many as the most
 * numerous profile needs (two 3g or three 2g fit on seven slices). Each group takes its part of them.
 */
export function sharePhysical(groups: readonly ResolvedGroup[]): ResolvedGroup[] {
  const cut = groups.filter((group) => slicesOf(group) !== undefined);
  if (cut.length === 0) return [...groups];
  return groups.map((group) => {
    const own = slicesOf(group);
    if (own === undefined) return group;
    const siblings = cut.filter(
      (other) => other.model === group.model && other.found.vendor === group.found.vendor,
    );
    const filled = siblings.reduce((sum, other) => sum + (slicesOf(other)?.taken ?? 0), 0);
    const gpus = Math.max(
      Math.ceil(filled / own.of),
      ...siblings.map((other) => slicesOf(other)?.atLeast ?? 0),
    );
    return { ...group, physical: (gpus * own.taken) / filled };
  });
}

function slicesOf({
  found,
  specs,
}: ResolvedGroup): { of: number; taken: number; atLeast: number } | undefined {
  const each = number(found.fields.slices);
  const of = specs.slices;
  if (each === undefined || of === undefined || each < 1 || each > of) return undefined;
  return { of, taken: each * found.count, atLeast: Math.ceil(found.count / Math.floor(of / each)) };
}
