/**
 * More than this nobody can place, even if all arrivals were known in advance and pods could be refused: pods as shares of
 * single devices of the models that they may have, without regard to CPU, memory and nodes (pods with several GPUs count as
 * so many with one). The linear relaxation over patterns, each a set of shares that fit one device, which are found as they
 * are needed (Gilmore and Gomory). The prices of each round give a bound, and the lowest one is told.
 */
import type { Highs } from "highs";
import highsModule from "highs";
import { COLUMNS } from "./run.ts";
import { type Arrivals, MILLI, type Shape, type Workload } from "./workload.ts";

const ROUNDS = 300;
/** Percent of all GPUs below which a bound is not improved further. */
const ENOUGH = 0.005;

/** Equal shares: how large, of which models, how many. */
interface Item {
  readonly milli: number;
  readonly models: readonly string[] | undefined;
  count: number;
}

// The package is CommonJS: what its types call the default is the module itself.
const loadHighs = highsModule as unknown as typeof highsModule.default;

/** What of a workload has arrived where each column is read, and what could be placed of it at most. */
export async function upperBounds(workload: Workload, { pods }: Arrivals): Promise<Record<number, number>> {
  const bounds: Record<number, number> = {};
  for (const column of COLUMNS) {
    let arrived = 0;
    const until = pods.findIndex(({ gpus, gpuMilli }) => {
      arrived += gpus * gpuMilli;
      return Math.round((arrived / workload.capacity) * 100) > column;
    });
    bounds[column] = await upperBound(workload, until < 0 ? pods : pods.slice(0, until));
  }
  return bounds;
}

interface Pattern {
  readonly class: number;
  readonly items: readonly number[];
}

/** In % of all GPUs. */
async function upperBound({ nodes, capacity }: Workload, pods: readonly Shape[]): Promise<number> {
  const highs = await loadHighs();
  const items = itemsOf(pods);
  const devices = new Map<string, number>();
  for (const { model, gpus } of nodes) devices.set(model, (devices.get(model) ?? 0) + gpus);
  const counts = [...devices.values()];
  const open = [...devices.keys()].map((model) =>
    items.map(({ models }) => models === undefined || models.includes(model)),
  );
  const patterns: Pattern[] = open.flatMap((isOpen, own) =>
    items.flatMap((_, at) => (isOpen[at] ? [{ class: own, items: [at] }] : [])),
  );
  let least = capacity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const solved = highs.solve(program(items, counts, patterns));
    const prices = items.map((_, at) => dualOf(solved, `i${at}`));
    const best = open.map((isOpen) => bestPattern(items, prices, isOpen));
    const bound =
      items.reduce((sum, { count }, at) => sum + count * (prices[at] ?? 0), 0) +
      best.reduce((sum, { value }, own) => sum + value * (counts[own] ?? 0), 0);
    least = Math.min(least, bound);
    if (least - solved.ObjectiveValue < (ENOUGH / 100) * capacity) break;
    for (const [own, { pattern }] of best.entries()) patterns.push({ class: own, items: pattern });
  }
  return (least / capacity) * 100;
}

/** What a further one is worth, in thousandths of a device. */
function dualOf({ Rows }: ReturnType<Highs["solve"]>, name: string): number {
  for (const row of Rows) if ("Dual" in row && row.Name === name) return Math.abs(row.Dual);
  return 0;
}

/** How many devices take each pattern, so that most is used, in the format that the solver reads. */
function program(items: readonly Item[], counts: readonly number[], patterns: readonly Pattern[]): string {
  const rows = new Map<string, Map<number, number>>();
  const add = (row: string, pattern: number, amount: number): void => {
    const terms = rows.get(row) ?? new Map<number, number>();
    terms.set(pattern, (terms.get(pattern) ?? 0) + amount);
    rows.set(row, terms);
  };
  for (const [at, pattern] of patterns.entries()) {
    add(`c${pattern.class}`, at, 1);
    for (const item of pattern.items) add(`i${item}`, at, 1);
  }
  const used = patterns.map(({ items: own }) => own.reduce((sum, at) => sum + (items[at]?.milli ?? 0), 0));
  const limit = (row: string): number =>
    row.startsWith("c") ? (counts[Number(row.slice(1))] ?? 0) : (items[Number(row.slice(1))]?.count ?? 0);
  const text = (terms: Iterable<readonly [number, number]>): string =>
    [...terms].map(([at, amount]) => `+ ${amount} p${at}`).join("\n ");
  return [
    "Maximize",
    ` used: ${text(used.entries())}`,
    "Subject To",
    ...[...rows].map(([row, terms]) => ` ${row}: ${text(terms)} <= ${limit(row)}`),
    "End",
  ].join("\n");
}

function itemsOf(pods: readonly Shape[]): readonly Item[] {
  const items = new Map<string, Item>();
  for (const { gpus, gpuMilli: milli, models } of pods) {
    if (gpus === 0) continue;
    const key = `${milli} ${models?.join() ?? ""}`;
    const item = items.get(key) ?? { milli, models, count: 0 };
    item.count += gpus;
    items.set(key, item);
  }
  return [...items.values()];
}

/** The set of items on one device with the highest value, each worth its size less its price. */
function bestPattern(
  items: readonly Item[],
  prices: readonly number[],
  open: readonly boolean[],
): { readonly value: number; readonly pattern: readonly number[] } {
  const best = new Float64Array(MILLI + 1);
  const last = new Int32Array(MILLI + 1).fill(-1);
  const useful = items.flatMap(({ milli }, at) => {
    const worth = milli - (prices[at] ?? 0);
    return open[at] && worth > 0 ? [{ at, milli, worth }] : [];
  });
  for (let room = 1; room <= MILLI; room += 1) {
    best[room] = best[room - 1] as number;
    for (const { at, milli, worth } of useful) {
      if (milli > room) continue;
      const value = (best[room - milli] as number) + worth;
      if (value <= (best[room] as number)) continue;
      best[room] = value;
      last[room] = at;
    }
  }
  const pattern: number[] = [];
  for (let room = MILLI; room > 0; ) {
    const at = last[room] as number;
    if (at >= 0) pattern.push(at);
    room -= at < 0 ? 1 : (items[at]?.milli ?? 1);
  }
  return { value: best[MILLI] as number, pattern };
}
