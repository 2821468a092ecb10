/** Fragmentation as the paper defines it (Weng et al., USENIX ATC 2023, section 4): GPUs that a typical pod cannot use. */
import { allowedModels, type Cluster } from "./cluster.ts";
import type { Shape, Workload } from "./workload.ts";

/** Share of the pods that the typical shapes cover. */
const COVERED = 0.95;

interface Typical {
  readonly cpuMilli: number;
  readonly gpuMilli: number;
  readonly gpus: number;
  readonly models: readonly string[] | undefined;
  readonly frequency: number;
}

/** The most popular shapes, their frequencies summing to one. Memory is none of the paper's dimensions. */
function typicalShapes({ pods }: Workload): readonly Typical[] {
  const counts = new Map<string, { shape: Shape; count: number }>();
  for (const shape of pods) {
    const key = [shape.cpuMilli, shape.gpuMilli, shape.gpus, ...(shape.models ?? [])].join();
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { shape, count: 1 });
  }
  const kept: { shape: Shape; count: number }[] = [];
  let covered = 0;
  for (const entry of [...counts.values()].sort((left, right) => right.count - left.count)) {
    if (covered >= COVERED * pods.length) break;
    covered += entry.count;
    kept.push(entry);
  }
  return kept.map(({ shape: { cpuMilli, gpuMilli, gpus, models }, count }) => ({
    cpuMilli,
    gpuMilli,
    gpus,
    models,
    frequency: count / covered,
  }));
}

/** Free thousandths on a node's devices that pods of typical shapes cannot use. */
export type FragmentOf = (model: number, cpu: number, devices: ArrayLike<number>, first: number) => number;

/** Prepares the measure for the nodes of a cluster. */
export function fragmentMeasure(cluster: Cluster, workload: Workload): FragmentOf {
  const typical = typicalShapes(workload).map((shape) => ({
    ...shape,
    allowed: allowedModels(cluster, { ...shape, id: 0, memoryMib: 0 } as Shape),
  }));
  const byModel = cluster.models.map((_, model) => {
    const usable = typical.filter(({ gpus, allowed }) => gpus > 0 && allowed[model]);
    return {
      cpu: Int32Array.from(usable, ({ cpuMilli }) => cpuMilli),
      milli: Int32Array.from(usable, ({ gpuMilli }) => gpuMilli),
      gpus: Int32Array.from(usable, ({ gpus }) => gpus),
      frequency: Float64Array.from(usable, ({ frequency }) => frequency),
      useless: 1 - usable.reduce((sum, { frequency }) => sum + frequency, 0),
    };
  });
  const { stride } = cluster;
  return (model, cpu, devices, first) => {
    const shapes = byModel[model] as (typeof byModel)[number];
    const end = first + stride;
    let idle = 0;
    for (let at = first; at < end; at += 1) idle += devices[at] as number;
    if (idle === 0) return 0;
    let sum = shapes.useless * idle;
    for (let shape = 0; shape < shapes.cpu.length; shape += 1) {
      const fits = cpu >= (shapes.cpu[shape] as number);
      const milli = shapes.milli[shape] as number;
      const lost = fits ? unusable(devices, first, end, milli, shapes.gpus[shape] as number) : idle;
      sum += Math.min(lost, idle) * (shapes.frequency[shape] as number);
    }
    return sum;
  };
}

/** Free thousandths on devices too small for the shape; Infinity where too few are large enough. */
function unusable(
  devices: ArrayLike<number>,
  first: number,
  end: number,
  milli: number,
  gpus: number,
): number {
  let fitting = 0;
  let small = 0;
  for (let at = first; at < end; at += 1) {
    const free = devices[at] as number;
    if (free >= milli) fitting += 1;
    else small += free;
  }
  return fitting >= gpus ? small : Number.POSITIVE_INFINITY;
}
