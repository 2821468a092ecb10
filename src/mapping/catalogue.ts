import {
  type CatalogueSource,
  type CatalogueVariant,
  gatherVariants,
  type Models,
} from "./catalogue-variants.ts";
import { remembering } from "./remember.ts";
import type { CatalogueSection, Specs } from "./schema.ts";

export type { CatalogueVariant } from "./catalogue-variants.ts";

/** All variants that a name may mean: one when the name says it, several when it only says the model. */
export interface CatalogueMatch {
  readonly model: string;
  readonly candidates: readonly CatalogueVariant[];
}

export interface Catalogue {
  /**
   * By what a person types: a canonical model means all of its variants (`nvidia-h200`), model and variant that one
   * (`nvidia-h200-nvl-141gb`), with or without the vendor; else as find.
   */
  readonly findModel: (name: string) => CatalogueMatch | undefined;
  /** By product text of a label; undefined when unknown. */
  readonly find: (text: string) => CatalogueMatch | undefined;
  /** By PCI device id (four hex digits) of a vendor. */
  readonly findPci: (vendor: string, id: string) => CatalogueMatch | undefined;
  readonly variants: readonly CatalogueVariant[];
}

interface Alias {
  readonly tokens: readonly string[];
  readonly length: number;
  readonly match: CatalogueMatch;
}

/** How many distinct product texts are remembered; labels are few, but a bound is a bound. */
const REMEMBERED = 1024;
/** No product name is longer; refusing longer ones bounds the matching. */
const MAX_TOKENS = 24;

/** Lower-case words of a product text: `NVIDIA-A100-80GB-PCIe` gives nvidia, a100, 80gb, pcie. */
export function tokens(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/**
 * Builds the catalogue. Where two sources describe the same model and variant the earlier one's figures win and the
 * later one fills the gaps; an alias means what the earliest source says.
 */
export function buildCatalogue(sources: readonly CatalogueSource[]): Catalogue {
  const models = gatherVariants(sources);
  const ignored = new Set(sources.flatMap((source) => source.section.ignore ?? []));
  const aliases = new Map<string, Alias>();
  const pci = new Map<string, CatalogueMatch>();
  for (const kind of ["spelled-out", "canonical"] as const) {
    for (const { section } of sources) addNames(section, models, aliases, pci, kind);
  }
  const byFirstToken = indexAliases([...aliases.values()]);
  const find = remembering((text: string) => findLongest(tokens(text), byFirstToken, ignored), REMEMBERED);
  const canonical = canonicalNames(models);
  return {
    variants: [...models.values()].flatMap((variants) => [...variants.values()]),
    findPci: (vendor, id) => pci.get(`${vendor}/${id.toLowerCase()}`),
    find,
    findModel: (name) => canonical.get(name.trim().toLowerCase()) ?? find(name),
  };
}

/** Canonical names: `nvidia-h200`, `h200`, `nvidia-h200-nvl-141gb`, `h200-nvl-141gb`; models before variants. */
function canonicalNames(models: Models): ReadonlyMap<string, CatalogueMatch> {
  const names = new Map<string, CatalogueMatch>();
  const add = (vendor: string, name: string, match: CatalogueMatch): void => {
    for (const spelling of [name, name.replace(`${vendor}-`, "")]) {
      if (!names.has(spelling)) names.set(spelling, match);
    }
  };
  for (const [model, variants] of models) {
    const candidates = [...variants.values()];
    for (const { vendor } of candidates.slice(0, 1)) add(vendor, model, { model, candidates });
  }
  for (const [model, variants] of models) {
    for (const [name, entry] of variants)
      add(entry.vendor, `${model}-${name}`, { model, candidates: [entry] });
  }
  return names;
}

/** Names that the tables spell out come first; canonical names (`nvidia-h200`) stand where no table claims them. */
function addNames(
  { vendor, products }: CatalogueSection,
  models: Models,
  aliases: Map<string, Alias>,
  pci: Map<string, CatalogueMatch>,
  kind: "spelled-out" | "canonical",
): void {
  const add = (
    match: CatalogueMatch,
    canonical: string,
    names: readonly string[] = [],
    ids: readonly string[] = [],
  ): void => {
    for (const name of kind === "canonical" ? [canonical] : names) addAlias(aliases, name, match);
    for (const id of ids) if (!pci.has(`${vendor}/${id}`)) pci.set(`${vendor}/${id}`, match);
  };
  for (const { model, aliases: names, pci: ids, variants = [] } of products) {
    const known = models.get(model) ?? new Map<string, CatalogueVariant>();
    add({ model, candidates: [...known.values()] }, model, names, ids);
    for (const entry of variants) {
      const only = known.get(entry.variant);
      if (only) add({ model, candidates: [only] }, `${model}-${entry.variant}`, entry.aliases, entry.pci);
    }
  }
}

function addAlias(aliases: Map<string, Alias>, name: string, match: CatalogueMatch): void {
  const words = tokens(name);
  const key = words.join(" ");
  if (words.length > 0 && !aliases.has(key)) aliases.set(key, { tokens: words, length: key.length, match });
}

/** Longest first within each first token, so that the first alias that fits is the right one. */
function indexAliases(aliases: readonly Alias[]): ReadonlyMap<string, readonly Alias[]> {
  const index = new Map<string, Alias[]>();
  for (const alias of [...aliases].sort(longerFirst)) {
    const first = alias.tokens[0] ?? "";
    const list = index.get(first);
    if (list) list.push(alias);
    else index.set(first, [alias]);
  }
  return index;
}

const longerFirst = (left: Alias, right: Alias): number =>
  right.tokens.length - left.tokens.length || right.length - left.length;

function findLongest(
  words: readonly string[],
  index: ReadonlyMap<string, readonly Alias[]>,
  ignored: ReadonlySet<string>,
): CatalogueMatch | undefined {
  if (words.length === 0 || words.length > MAX_TOKENS) return undefined;
  const found = words.flatMap((word, start) =>
    (index.get(word) ?? [])
      .filter((alias) => alias.tokens.every((token, offset) => words[start + offset] === token))
      .map((alias) => ({ alias, start })),
  );
  // Not simply the longest: `nvidia h100` in NVIDIA-H100-NVL is as long as `h100 nvl`, and leaves over what matters.
  for (const { alias, start } of found.sort((left, right) => longerFirst(left.alias, right.alias))) {
    const left = words.filter((_, position) => position < start || position >= start + alias.tokens.length);
    const match = narrowedByRest(alias.match, left, ignored);
    if (match) return match;
  }
  return undefined;
}

/** Words beside the alias must be neutral, or name the memory of what was found; else it is another product. */
function narrowedByRest(
  match: CatalogueMatch,
  left: readonly string[],
  ignored: ReadonlySet<string>,
): CatalogueMatch | undefined {
  let { candidates } = match;
  for (const word of left) {
    const memory = /^([0-9]{1,4})g[bi]?b?$/.exec(word);
    if (memory)
      candidates = candidates.filter((candidate) => candidate.specs["memory-gi"] === Number(memory[1]));
    else if (!ignored.has(word)) return undefined;
  }
  if (candidates.length === 0) return undefined;
  return candidates.length === match.candidates.length ? match : { model: match.model, candidates };
}

/** Figures that all candidates agree on, and the variant when only one is left. */
export function agreed(match: CatalogueMatch): CatalogueVariant | undefined {
  const [first, ...others] = match.candidates;
  if (!first || others.length === 0) return first;
  const before = agreements.get(match);
  if (before) return before;
  const specs = Object.fromEntries(
    Object.entries(first.specs).filter(([key, value]) =>
      others.every((other) => JSON.stringify(other.specs[key as keyof Specs]) === JSON.stringify(value)),
    ),
  ) as Specs;
  const common = { vendor: first.vendor, model: first.model, specs, at: first.at };
  agreements.set(match, common);
  return common;
}
const agreements = new WeakMap<CatalogueMatch, CatalogueVariant>();
