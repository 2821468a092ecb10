import type { CatalogueVariant } from "./catalogue.ts";
import type { Specs } from "./schema.ts";

/** What the node says of a group of devices, as far as it changes the catalogue's figures. */
export interface Told {
  readonly capability: string | undefined;
  readonly architecture: string | undefined;
  readonly memoryGi: number | undefined;
  /** A part of a GPU: its share where that is known. */
  readonly cut: boolean;
  readonly share: number | undefined;
}

/** Figures of a card's parts that were computed before; few per card, and a bound is a bound. */
const remembered = new WeakMap<CatalogueVariant, Map<string, Specs>>();
const REMEMBERED = 64;

/** Figures of one device: the catalogue's, unless the node knows better, and of its share where it is a part. */
export function scaleSpecs(entry: CatalogueVariant | undefined, told: Told): Specs {
  if (!entry) return compute({}, told);
  if (!changes(entry.specs, told)) return entry.specs;
  const { capability, architecture, memoryGi, cut, share } = told;
  const known = remembered.get(entry) ?? new Map<string, Specs>();
  remembered.set(entry, known);
  const key = `${capability} ${architecture} ${memoryGi} ${cut} ${share}`;
  const specs = known.get(key) ?? compute(entry.specs, told);
  if (known.size >= REMEMBERED) known.clear();
  known.set(key, specs);
  return specs;
}

function changes(specs: Specs, { capability, architecture, memoryGi, cut, share }: Told): boolean {
  return (
    (cut && share !== 1) ||
    specs["memory-gi"] !== memoryGi ||
    (capability !== undefined && specs["compute-capability"] !== capability) ||
    (architecture !== undefined && specs.architecture === undefined)
  );
}

function compute(whole: Specs, { capability, architecture, memoryGi, cut, share }: Told): Specs {
  const specs: Specs = { ...whole };
  if (capability !== undefined) specs["compute-capability"] = capability;
  if (specs.architecture === undefined && architecture !== undefined) specs.architecture = architecture;
  if (memoryGi === undefined) delete specs["memory-gi"];
  else specs["memory-gi"] = memoryGi;
  if (!cut || share === 1) return specs;
  for (const key of ["cores", "fp32-tflops", "tdp-watts"] as const) {
    const figure = specs[key];
    if (share === undefined || figure === undefined) delete specs[key];
    else specs[key] = key === "cores" ? Math.max(1, Math.round(figure * share)) : figure * share;
  }
  // Slices of GPUs do not talk over the GPUs' links.
  specs.interconnect = "pcie";
  delete specs["link-gbs"];
  delete specs.topology;
  return specs;
}
