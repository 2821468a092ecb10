/** How a run asks a policy, whatever the policy is. */
import {
  type Baseline,
  bestFit,
  clustering,
  dotProduct,
  firstFit,
  gradientDescent,
  packing,
} from "./baselines.ts";
import { allowedModels, type Cluster, hasRoom, take, tightestDevice } from "./cluster.ts";
import { flare } from "./flare.ts";
import type { FragmentOf } from "./fragmentation.ts";
import { generator } from "./random.ts";
import { inBatches, withMoves } from "./steps.ts";
import { type Arrivals, isShared, type Shape, type Workload } from "./workload.ts";

/** Places one pod on the cluster; returns the node, or -1 where none has room. */
export type Place = (shape: Shape) => number;

/** What a step does beside placing; GPUs in thousandths. */
export interface Tally {
  moves: number;
  left: number;
  /** Of arrivals since the first one left: what they asked, and what they got. */
  asked: number;
  given: number;
}

export interface Arena {
  readonly workload: Workload;
  readonly arrivals: Arrivals;
  readonly cluster: Cluster;
  readonly fragmentOf: FragmentOf;
  readonly seed: number;
  readonly tally: Tally;
}

/** Keeps every shape's scores of the nodes; a node is scored anew only after it changed. */
function scored({ cluster, arrivals }: Arena, baseline: Baseline): Place {
  const memories = new Map<Shape, { version: Int32Array; score: Int32Array }>();
  const order = Int32Array.from(
    arrivals.tieBreak.map((place, node) => ({ place, node })).sort((left, right) => left.place - right.place),
    ({ node }) => node,
  );
  return (shape) => {
    let memory = memories.get(shape);
    if (memory === undefined) {
      const allowed = allowedModels(cluster, shape);
      // A node of another model never changes to the better.
      const version = Int32Array.from(cluster.model, (model) =>
        allowed[model] || shape.gpus === 0 ? -1 : -2,
      );
      memory = { version, score: new Int32Array(cluster.size).fill(-1) };
      memories.set(shape, memory);
    }
    const node = bestNode(cluster, order, memory, shape, baseline);
    if (node >= 0) take(cluster, node, shape, deviceFor(cluster, node, shape, baseline));
    return node;
  };
}

function bestNode(
  cluster: Cluster,
  order: Int32Array,
  { version, score }: { version: Int32Array; score: Int32Array },
  shape: Shape,
  baseline: Baseline,
): number {
  let best = -1;
  let highest = -1;
  for (const node of order) {
    const seen = version[node] as number;
    if (seen !== -2 && seen !== cluster.version[node]) {
      version[node] = cluster.version[node] as number;
      score[node] = hasRoom(cluster, node, shape) ? baseline.score(cluster, node, shape) : -1;
    }
    if ((score[node] as number) > highest) {
      highest = score[node] as number;
      best = node;
    }
  }
  return best;
}

function deviceFor(cluster: Cluster, node: number, shape: Shape, baseline: Baseline): number {
  if (!isShared(shape)) return -1;
  return baseline.device?.(cluster, node, shape) ?? tightestDevice(cluster, node, shape.gpuMilli);
}

/** A node with room, drawn evenly, and on it a device with room. */
function random({ cluster, seed }: Arena): Place {
  const draw = generator(seed);
  const drawn = (size: number, isOpen: (at: number) => boolean): number => {
    const open = Array.from({ length: size }, (_, at) => at).filter(isOpen);
    return open[Math.floor(draw() * open.length)] ?? -1;
  };
  return (shape) => {
    const allowed = allowedModels(cluster, shape);
    const node = drawn(
      cluster.size,
      (at) => (allowed[cluster.model[at] as number] || shape.gpus === 0) && hasRoom(cluster, at, shape),
    );
    if (node < 0) return -1;
    const hasShare = (at: number): boolean =>
      (cluster.devices[node * cluster.stride + at] as number) >= shape.gpuMilli;
    take(cluster, node, shape, isShared(shape) ? drawn(cluster.stride, hasShare) : -1);
    return node;
  };
}

export const PLACERS: Readonly<Record<string, (arena: Arena) => Place>> = {
  random,
  dotprod: (arena) => scored(arena, dotProduct),
  clustering: (arena) => scored(arena, clustering),
  packing: (arena) => scored(arena, packing),
  bestfit: (arena) => scored(arena, bestFit),
  fgd: (arena) => scored(arena, gradientDescent(arena.fragmentOf, arena.cluster.stride)),
  firstfit: (arena) => scored(arena, firstFit),
  flare: (arena) => flare(arena, { typical: false }),
  "flare-typical": (arena) => flare(arena, { typical: true }),
};

/** Share of all GPUs that those who are there ask for, where pods leave. */
const STAY = 1;

/** Further steps of the hub, reported apart: they see several arrivals at once, or move what runs. */
export const STEPS: Readonly<Record<string, Readonly<Record<string, (arena: Arena) => Place>>>> = {
  batch: {
    "flare-batch-16": (arena) => inBatches(arena, 16),
    "flare-batch-64": (arena) => inBatches(arena, 64),
  },
  moves: {
    "flare-move-1-of-50%": (arena) => withMoves(arena, { share: 0.5, maxMoves: 1 }),
    "flare-move-1-of-all": (arena) => withMoves(arena, { share: 1, maxMoves: 1 }),
    "flare-move-2-of-all": (arena) => withMoves(arena, { share: 1, maxMoves: 2 }),
  },
  churn: {
    "flare-churn": (arena) => withMoves(arena, { share: 0, maxMoves: 0, stay: STAY }),
    "flare-churn-1-of-50%": (arena) => withMoves(arena, { share: 0.5, maxMoves: 1, stay: STAY }),
    "flare-churn-1-of-all": (arena) => withMoves(arena, { share: 1, maxMoves: 1, stay: STAY }),
    "flare-churn-2-of-all": (arena) => withMoves(arena, { share: 1, maxMoves: 2, stay: STAY }),
  },
};

/** The policy of this name, or the step. */
export const placerOf = (name: string): ((arena: Arena) => Place) | undefined =>
  PLACERS[name] ?? Object.values(STEPS).find((step) => step[name] !== undefined)?.[name];
