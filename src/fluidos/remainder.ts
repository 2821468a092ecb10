import type { Part } from "./configuration.ts";
import type { FlavorFacts } from "./flavor-facts.ts";

/** A Flavor that was sold, and the part of it that went. */
export interface Sale {
  readonly flavor: FlavorFacts;
  readonly part: Part;
  /** The buyer has left it: the GPUs are free again, though the Flavor stays sold and its remainder is what it was. */
  readonly givenBack?: boolean;
}

/** Sales of remainders of remainders that are followed. */
const MOST_STEPS = 16;

/**
 * How many GPUs a Flavor can really have (never more than it says): what FLUIDOS offers as the remainder of a sale still
 * has all the GPUs that were sold. A remainder is told by its seller, and by CPU and memory that are to the byte what the
 * sale left; Flavors have no reference that says so. Where it may be the rest of several, it is that of which least is
 * left.
 */
export function trueGpus(
  flavor: FlavorFacts,
  stated: number,
  sales: readonly Sale[],
  steps = MOST_STEPS,
): number {
  if (steps === 0) return stated;
  const left = sales
    .filter((sale) => isRemainderOf(flavor, sale))
    .map(({ flavor: sold, part, givenBack = false }) => {
      const had = trueGpus(sold, sold.values["gpu.fluidos.eu/count"] ?? 0, sales, steps - 1);
      return givenBack ? had : had - part.gpus;
    });
  return Math.max(0, Math.min(stated, ...left));
}

function isRemainderOf(flavor: FlavorFacts, { flavor: sold, part }: Sale): boolean {
  return (
    flavor.name !== sold.name &&
    flavor.owner.nodeID === sold.owner.nodeID &&
    flavor.values["gpu.fluidos.eu/model"] === sold.values["gpu.fluidos.eu/model"] &&
    isSame(flavor.cpu, sold.cpu - part.cpu) &&
    isSame(flavor.memoryBytes, sold.memoryBytes - part.memoryBytes) &&
    (part.cpu > 0 || part.memoryBytes > 0)
  );
}

/** Nanocores are finer than numbers are. */
const isSame = (left: number, right: number): boolean => Math.abs(left - right) < 1e-6;
