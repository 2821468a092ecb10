import type { GpuRequirement } from "../../allocation/requirement.ts";
import { nearest } from "../../intent/nearest.ts";
import { agreed, type Catalogue } from "../../mapping/catalogue.ts";

/** A GPU model as it was named: what it means, or the known names that look like it. */
export type NamedModel =
  | ({ readonly known: true } & Pick<GpuRequirement, "model" | "variant" | "reference">)
  | { readonly known: false; readonly nearest: readonly string[] };

/** Resolves what a person calls a model. */
export type ResolveModel = (name: string) => NamedModel;

/** Resolves names by the catalogue: a model stands for all of its variants, a variant for itself. */
export function catalogueModels(catalogue: Catalogue): ResolveModel {
  const names = [
    ...new Set(
      catalogue.variants.flatMap(({ model, variant }) =>
        variant === undefined ? [model] : [model, `${model}-${variant}`],
      ),
    ),
  ];
  return (name) => {
    const match = catalogue.findModel(name);
    if (match === undefined) return { known: false, nearest: nearestNames(name, names) };
    const { specs, variant } = agreed(match) ?? { specs: {}, variant: undefined };
    const memoryGi = specs["memory-gi"];
    const fp32Tflops = specs["fp32-tflops"];
    // Several variants under one name mean the model; a model that has only one variant does not ask for that one.
    const isVariant = variant !== undefined && name.trim().toLowerCase().endsWith(variant);
    return {
      known: true,
      model: match.model,
      ...(isVariant && { variant }),
      reference: {
        ...(memoryGi !== undefined && { memoryGi }),
        ...(fp32Tflops !== undefined && { fp32Tflops }),
      },
    };
  };
}

const SHOWN = 3;

function nearestNames(name: string, names: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let left = names; found.length < SHOWN; left = left.filter((each) => !found.includes(each))) {
    const best = nearest(name, left) ?? nearest(`nvidia-${name}`, left);
    if (best === undefined) break;
    found.push(best);
  }
  return found;
}
