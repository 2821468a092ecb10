import { expect } from "vitest";
import type { NodeFacts } from "../../../src/mapping/facts.ts";
import type { DeviceGroup, ProblemCode } from "../../../src/mapping/result.ts";
import { gpu, map } from "./tables.ts";

/** What a node of real life says, and what FLARE must make of it. */
export interface Trap {
  readonly node: Partial<NodeFacts>;
  /** The groups in order, as far as they are told here. */
  readonly devices: readonly Partial<DeviceGroup>[];
  /** Annotations, `gpu.fluidos.eu/` left out; undefined: must not be there. */
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  /** Problems but those of required keys that the labels alone never tell. */
  readonly problems?: readonly ProblemCode[];
}

/** Labels of NVIDIA's GPU Feature Discovery without the domain: `gpu.product` is nvidia.com/gpu.product. */
export function nvidia(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`nvidia.com/${key}`, value]));
}

/** Maps the trap's node and compares what it tells. */
export function expectMapped({ node, devices, annotations = {}, problems = [] }: Trap): void {
  const result = map(node);
  expect(result.devices.map((group, index) => pick(group, devices[index] ?? group))).toEqual(devices);
  const published = gpu(result);
  expect(Object.fromEntries(Object.keys(annotations).map((key) => [key, published[key]]))).toEqual(
    annotations,
  );
  const codes = result.problems.map(({ code }) => code).filter((code) => code !== "missing-required");
  expect([...new Set(codes)].sort()).toEqual([...problems].sort());
}

function pick(group: DeviceGroup, like: Partial<DeviceGroup>): Partial<DeviceGroup> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, group[key as keyof DeviceGroup]]));
}
