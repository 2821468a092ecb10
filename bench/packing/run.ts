/** One run: a policy, a workload, an order of arrivals. */
import { type Cluster, emptyCluster, freeMilli } from "./cluster.ts";
import { cpuMicros } from "./cpu.ts";
import { fragmentMeasure } from "./fragmentation.ts";
import { type Arena, PLACERS, placerOf } from "./placer.ts";
import { type Arrivals, MILLI, readArrivals, type Workload } from "./workload.ts";

/** Where a run is looked at: arrived demand in % of all GPUs. */
export const COLUMNS = [90, 100, 130] as const;

export interface Reading {
  /** GPUs in use in % of all, the mean over all arrivals that round to this column. */
  readonly allocated: number;
  /** Unusable by typical pods, in % of all GPUs. */
  readonly fragmented: number;
}

export interface RunResult {
  readonly policy: string;
  readonly workload: string;
  readonly seed: number;
  /** GPUs of the cluster. */
  readonly gpus: number;
  readonly readings: Readonly<Record<number, Reading>>;
  readonly decisions: number;
  readonly placed: number;
  /** Pods that were moved to make room for others. */
  readonly moves: number;
  /** Where pods leave: GPUs that arrivals asked and did not get since the first one left, in %. */
  readonly refused?: number;
  /** CPU time of all decisions, and of one. */
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** The time that passed. */
  readonly wallSeconds: number;
  readonly wallP99Us: number;
}

export const runOnce = (folder: string, workload: Workload, policy: string, seed: number): RunResult =>
  runOn(workload, readArrivals(folder, workload, seed), policy, seed);

/** The same with arrivals that need not be those of a file. */
export function runOn(workload: Workload, arrivals: Arrivals, policy: string, seed: number): RunResult {
  const cluster = emptyCluster(workload);
  const fragmentOf = fragmentMeasure(cluster, workload);
  const arena: Arena = {
    workload,
    arrivals,
    cluster,
    fragmentOf,
    seed,
    tally: { moves: 0, left: 0, asked: 0, given: 0 },
  };
  const place = placerOf(policy)?.(arena);
  if (place === undefined)
    throw new Error(`there is no policy ${policy}; there are ${Object.keys(PLACERS).join(", ")}`);
  const book = bookOf(arena);
  const micros = new Float64Array(arrivals.pods.length);
  const wallMicros = new Float64Array(arrivals.pods.length);
  let placed = 0;
  for (const [index, shape] of arrivals.pods.entries()) {
    let node = -1;
    micros[index] = cpuMicros(() => {
      const before = performance.now();
      node = place(shape);
      wallMicros[index] = (performance.now() - before) * 1000;
    });
    if (node >= 0) placed += 1;
    book.arrived(shape.gpus * shape.gpuMilli);
  }
  const secondsOf = (all: Float64Array): number => all.reduce((sum, each) => sum + each, 0) / 1e6;
  const [seconds, wallSeconds] = [secondsOf(micros), secondsOf(wallMicros)];
  for (const each of [micros, wallMicros]) each.sort();
  const quantile = (sorted: Float64Array, share: number): number =>
    sorted[Math.floor(sorted.length * share)] ?? 0;
  return {
    policy,
    workload: workload.name,
    seed,
    gpus: workload.capacity / MILLI,
    readings: book.readings(),
    decisions: micros.length,
    placed,
    moves: arena.tally.moves,
    ...(arena.tally.left > 0 && { refused: 100 * (1 - arena.tally.given / arena.tally.asked) }),
    seconds,
    p50Us: quantile(micros, 0.5),
    p99Us: quantile(micros, 0.99),
    wallSeconds,
    wallP99Us: quantile(wallMicros, 0.99),
  };
}

interface Book {
  readonly arrived: (milli: number) => void;
  readonly readings: () => Readonly<Record<number, Reading>>;
}

/** Counts what arrived, what is in use and what is fragmented, after each arrival. */
function bookOf({ cluster, fragmentOf, workload: { capacity } }: Arena): Book {
  const fragments = Float64Array.from({ length: cluster.size }, (_, node) =>
    fragmentAt(cluster, fragmentOf, node),
  );
  const idles = Float64Array.from({ length: cluster.size }, (_, node) => freeMilli(cluster, node));
  const seen = Int32Array.from(cluster.version);
  let fragmented = fragments.reduce((sum, each) => sum + each, 0);
  let used = 0;
  let arrived = 0;
  const sums = new Map<number, { allocated: number; fragmented: number; count: number }>();
  return {
    arrived: (milli) => {
      arrived += milli;
      for (let node = 0; node < cluster.size; node += 1) {
        if (seen[node] === cluster.version[node]) continue;
        seen[node] = cluster.version[node] as number;
        const now = fragmentAt(cluster, fragmentOf, node);
        const idle = freeMilli(cluster, node);
        fragmented += now - (fragments[node] as number);
        used += (idles[node] as number) - idle;
        fragments[node] = now;
        idles[node] = idle;
      }
      const column = Math.round((arrived / capacity) * 100);
      const sum = sums.get(column) ?? { allocated: 0, fragmented: 0, count: 0 };
      sum.allocated += (used / capacity) * 100;
      sum.fragmented += (fragmented / capacity) * 100;
      sum.count += 1;
      sums.set(column, sum);
    },
    readings: () =>
      Object.fromEntries(
        COLUMNS.flatMap((column) => {
          const sum = sums.get(column);
          if (sum === undefined) return [];
          return [[column, { allocated: sum.allocated / sum.count, fragmented: sum.fragmented / sum.count }]];
        }),
      ),
  };
}

const fragmentAt = (cluster: Cluster, fragmentOf: Arena["fragmentOf"], node: number): number =>
  fragmentOf(
    cluster.model[node] as number,
    cluster.cpu[node] as number,
    cluster.devices,
    node * cluster.stride,
  );
