import type { CatalogueSection, Specs } from "./schema.ts";

/** One variant of a product with its figures, those of the product filled in. */
export interface CatalogueVariant {
  readonly vendor: string;
  readonly model: string;
  readonly variant?: string;
  readonly specs: Specs;
  /** `catalogue-nvidia.yaml:33` */
  readonly at: string;
}

export interface CatalogueSource {
  readonly section: CatalogueSection;
  /** Place of a product (and of its variant) by index. */
  readonly at: (product: number, variant?: number) => string;
}

/** The variants of each model by name; a product without variants has one without name. */
export type Models = ReadonlyMap<string, ReadonlyMap<string, CatalogueVariant>>;

interface Model {
  readonly variants: Map<string, CatalogueVariant>;
  /** Figures for all variants, from products that list none. */
  overrides: Specs;
  readonly vendor: string;
  readonly at: string;
}

/**
 * Gathers the variants of all sources. What an earlier source says of a figure wins, a later one fills gaps. A product
 * that lists no variants speaks of all that other sources list.
 */
export function gatherVariants(sources: readonly CatalogueSource[]): Models {
  const models = new Map<string, Model>();
  for (const { section, at } of sources) {
    section.products.forEach((product, index) => {
      const { model, aliases: _names, pci: _ids, variants, ...common } = product;
      const known = models.get(model) ?? {
        variants: new Map(),
        overrides: {},
        vendor: section.vendor,
        at: at(index),
      };
      models.set(model, known);
      if (!variants) addToAll(known, common);
      for (const [position, { variant, aliases: _aliases, pci: _pci, ...own }] of (
        variants ?? []
      ).entries()) {
        addVariant(known, model, variant, { ...common, ...own }, at(index, position));
      }
    });
  }
  return new Map([...models].map(([model, known]) => [model, variantsOf(model, known)]));
}

function addToAll(known: Model, figures: Specs): void {
  known.overrides = { ...figures, ...known.overrides };
  for (const [name, variant] of known.variants) {
    known.variants.set(name, { ...variant, specs: { ...figures, ...variant.specs } });
  }
}

function addVariant(known: Model, model: string, name: string, figures: Specs, at: string): void {
  const before = known.variants.get(name);
  const specs = { ...figures, ...known.overrides, ...before?.specs };
  known.variants.set(name, {
    vendor: known.vendor,
    model,
    variant: name,
    specs,
    at: before?.at ?? at,
  });
}

function variantsOf(model: string, known: Model): ReadonlyMap<string, CatalogueVariant> {
  if (known.variants.size > 0) return known.variants;
  return new Map([["", { vendor: known.vendor, model, specs: known.overrides, at: known.at }]]);
}
