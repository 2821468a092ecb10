import { vendorIn } from "../vocabulary/vendor-in.ts";
import type { FlavorFacts } from "./flavor-facts.ts";
import { isOurs } from "./places.ts";

/** The GPUs of a Flavor, as pods will request them. */
export interface FlavorUnits {
  /** Kubernetes resource: `nvidia.com/gpu`. */
  readonly resource: string;
  readonly total: number;
  readonly free: number;
}

export type FlavorGpus =
  | { readonly kind: "gpus"; readonly units: FlavorUnits }
  /** Nothing for us: there is no GPU in it. */
  | { readonly kind: "none" }
  | { readonly kind: "unclear"; readonly problem: string };

/** What the device plugins of the vendors offer whole GPUs as. */
const RESOURCES: Readonly<Record<string, string>> = {
  nvidia: "nvidia.com/gpu",
  amd: "amd.com/gpu",
  intel: "gpu.intel.com/i915",
  qualcomm: "qualcomm.com/qaic",
};

/**
 * What GPUs a Flavor has. Every node's Flavor has a GPU block, with nothing in it where there is no GPU; the remainder of
 * a Flavor that was sold in part has the whole block and no count, which is none either; upstream FLUIDOS tells a model
 * and totals, but not of how many.
 */
export function gpusOf(facts: FlavorFacts): FlavorGpus {
  const { values, additional } = facts;
  const vendor = vendorOf(facts);
  if (additional !== undefined && isOurs(facts)) return told(facts.name, additional);
  const count = values["gpu.fluidos.eu/count"];
  if (count === undefined) {
    const isUpstream =
      values["gpu.fluidos.eu/vendor"] === undefined && values["gpu.fluidos.eu/model"] !== undefined;
    if (!isUpstream) return { kind: "none" };
    return unclear(facts.name, "does not tell how many GPUs it has, as Flavors of upstream FLUIDOS do not");
  }
  const resource = RESOURCES[vendor ?? ""];
  if (resource === undefined)
    return unclear(
      facts.name,
      `has GPUs of ${vendor ?? "a vendor that it does not name"}, and no resource name is known for these`,
    );
  return { kind: "gpus", units: { resource, total: count, free: count } };
}

/** A hub like this one tells how the GPUs are requested, and how many are free. */
function told(name: string, additional: Readonly<Record<string, string>>): FlavorGpus {
  const [total, free] = [wholeOf(additional.total), wholeOf(additional.free)];
  const { resource = "" } = additional;
  if (total === undefined || free === undefined || resource === "")
    return unclear(name, "has additional properties resource, total and free that make no sense");
  return total === 0
    ? { kind: "none" }
    : { kind: "gpus", units: { resource, total, free: Math.min(total, free) } };
}

const unclear = (name: string, what: string): FlavorGpus => ({
  kind: "unclear",
  problem: `Flavor ${name} ${what}`,
});

function wholeOf(written: string | undefined): number | undefined {
  return written !== undefined && /^\d{1,6}$/.test(written) ? Number(written) : undefined;
}

/** Who makes a Flavor's GPUs: as it says, else by the name of their model. */
export const vendorOf = ({ values }: Pick<FlavorFacts, "values">): string | undefined =>
  values["gpu.fluidos.eu/vendor"] ?? vendorIn(values["gpu.fluidos.eu/model"]);
