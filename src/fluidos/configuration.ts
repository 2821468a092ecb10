import { formatQuantity, parseQuantity, quantityOf, quantityToNumber } from "../units/quantity.ts";
import { flavorGpu } from "./build-flavor.ts";
import type { FlavorFacts } from "./flavor-facts.ts";
import { anyFields } from "./wire.ts";

/** The part of a Flavor that somebody takes: cores, bytes, pods, units of GPU. */
export interface Part {
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly pods: number;
  readonly gpus: number;
}

/**
 * The configuration of a K8Slice that takes a part of a Flavor. With the GPUs in it: without them FLUIDOS offers the
 * remainder with all of the GPUs again, and without pods it offers it with none.
 */
export function buildConfiguration(flavor: FlavorFacts, part: Part) {
  return {
    type: "K8Slice",
    data: {
      cpu: formatQuantity(quantityOf(Math.min(part.cpu, flavor.cpu))),
      memory: formatQuantity(quantityOf(Math.floor(Math.min(part.memoryBytes, flavor.memoryBytes)), 2)),
      pods: formatQuantity(quantityOf(Math.min(part.pods, flavor.pods))),
      gpu: flavorGpu({ ...flavor.values, "gpu.fluidos.eu/count": part.gpus }),
    },
  };
}

/** Reads a configuration: what of it is not told, or is no quantity, is zero. Undefined where there is none at all. */
export function parseConfiguration(object: unknown): Part | undefined {
  if (typeof object !== "object" || object === null) return undefined;
  const { data } = anyFields.parse(object);
  const { cpu, memory, pods, gpu } = anyFields.parse(data);
  const { count } = anyFields.parse(gpu);
  return {
    cpu: numberOf(cpu),
    memoryBytes: numberOf(memory),
    pods: numberOf(pods),
    gpus: numberOf(count),
  };
}

function numberOf(value: unknown): number {
  const quantity = typeof value === "string" || typeof value === "number" ? parseQuantity(value) : undefined;
  return quantity === undefined || quantity.nanos < 0n ? 0 : quantityToNumber(quantity);
}
