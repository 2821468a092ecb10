/**
 * How the time of a decision grows with the pool: the openb experiment (see packing.ts) on fewer and on more nodes, by this
 * project's allocator, in CPU time.
 * `npm run bench:growth -- --data DIR --workload default --nodes 300,1213,5000,10000 --json FILE`
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type RunResult, runOn } from "./packing/run.ts";
import { scaled } from "./packing/scale.ts";
import {
  type Arrivals,
  isDataFolder,
  readArrivals,
  readWorkload,
  workloadNames,
} from "./packing/workload.ts";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/openb" },
    workload: { type: "string", default: "default" },
    nodes: { type: "string", default: "300,1213,5000,10000" },
    json: { type: "string" },
  },
});

interface Growth {
  readonly nodes: number;
  readonly decisions: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** The first decision on a ledger that was just opened; the median of several. */
  readonly coldUs: number;
  /** GPUs in use in % of all, at 100 % of demand. */
  readonly allocated: number;
}

const COLD_STARTS = 9;

function grownTo(nodes: number): Growth {
  const original = readWorkload(options.data, options.workload);
  const [seed = 0] = original.seeds;
  const { workload, arrivals } = scaled(original, readArrivals(options.data, original, seed), nodes);
  const run = (pods: Arrivals["pods"]): RunResult => runOn(workload, { ...arrivals, pods }, "flare", seed);
  const colds = arrivals.pods.slice(0, COLD_STARTS).map((pod) => run([pod]).seconds * 1e6);
  const { decisions, seconds, p50Us, p99Us, readings } = run(arrivals.pods);
  return {
    nodes,
    decisions,
    perSecond: decisions / seconds,
    p50Us,
    p99Us,
    coldUs: colds.sort((left, right) => left - right)[COLD_STARTS >> 1] ?? 0,
    allocated: readings[100]?.allocated ?? 0,
  };
}

if (!isDataFolder(options.data)) {
  console.error(`there is no openb data in ${options.data}; --data DIR names it (see bench/README.md)`);
  process.exit(2);
}
const known = workloadNames(options.data);
if (!known.includes(options.workload)) {
  console.error(`there is no workload ${options.workload}; there are ${known.join(", ")}`);
  process.exit(2);
}
const columns = ["nodes", "decisions", "a second", "p50 us", "p99 us", "cold us"];
console.log(`${columns.map((column) => column.padStart(11)).join("")}${"allocated % @100".padStart(18)}`);
// The first run is for warming up: code that was never run is not what is measured.
grownTo(300);
const rows = options.nodes.split(",").map((nodes) => {
  const row = grownTo(Number(nodes));
  const { allocated, ...figures } = row;
  const cells = Object.values(figures).map((figure) => figure.toFixed(0).padStart(11));
  console.log(`${cells.join("")}${allocated.toFixed(2).padStart(18)}`);
  return row;
});
if (options.json !== undefined) {
  const conditions = {
    node: process.version,
    cpu: cpus()[0]?.model ?? "unknown",
    workload: options.workload,
  };
  await writeFile(options.json, `${JSON.stringify({ bench: "growth", conditions, rows }, null, 2)}\n`);
}
