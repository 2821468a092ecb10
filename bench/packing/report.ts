/** The tables of the packing bench. */
import { COLUMNS, type RunResult } from "./run.ts";

/** The means over all seeds of a policy on a workload. */
export interface Summary {
  readonly workload: string;
  readonly policy: string;
  readonly seeds: number;
  /** By column. */
  readonly allocated: Readonly<Record<number, number>>;
  readonly fragmented: Readonly<Record<number, number>>;
  /** GPUs of all that are in no use at this column. */
  readonly unallocated: Readonly<Record<number, number>>;
  /** Pods that were moved for each 1,000 decisions. */
  readonly movesPerThousand: number;
  /** GPUs that did not find a place, in % of those asked, where pods leave. */
  readonly refused?: number;
  /** By CPU time, and by the clock. */
  readonly decisionsPerSecond: number;
  readonly decisionsPerWallSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly wallP99Us: number;
}

export function summarise(results: readonly RunResult[]): readonly Summary[] {
  const groups = grouped(results, ({ workload, policy }) => `${workload} ${policy}`);
  return [...groups.values()].flatMap((runs) => {
    const [first] = runs;
    if (first === undefined) return [];
    const byColumn = (read: (run: RunResult, column: number) => number | undefined): Record<number, number> =>
      Object.fromEntries(
        COLUMNS.map((column) => [column, mean(runs.flatMap((run) => read(run, column) ?? []))]),
      );
    const allocated = byColumn(({ readings }, column) => readings[column]?.allocated);
    return [
      {
        workload: first.workload,
        policy: first.policy,
        seeds: runs.length,
        allocated,
        fragmented: byColumn(({ readings }, column) => readings[column]?.fragmented),
        unallocated: byColumn((_, column) => (first.gpus * (100 - (allocated[column] ?? 0))) / 100),
        movesPerThousand: (1000 * sum(runs, ({ moves }) => moves)) / sum(runs, ({ decisions }) => decisions),
        ...(first.refused !== undefined && { refused: mean(runs.flatMap(({ refused }) => refused ?? [])) }),
        decisionsPerSecond: sum(runs, ({ decisions }) => decisions) / sum(runs, ({ seconds }) => seconds),
        decisionsPerWallSecond:
          sum(runs, ({ decisions }) => decisions) / sum(runs, ({ wallSeconds }) => wallSeconds),
        p50Us: mean(runs.map(({ p50Us }) => p50Us)),
        p99Us: mean(runs.map(({ p99Us }) => p99Us)),
        wallP99Us: mean(runs.map(({ wallP99Us }) => wallP99Us)),
      },
    ];
  });
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

const sum = (runs: readonly RunResult[], read: (run: RunResult) => number): number =>
  runs.reduce((total, run) => total + read(run), 0);

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

/** What no policy can exceed, by column. */
export interface Bounds {
  readonly workload: string;
  readonly seed: number;
  readonly allocated: Readonly<Record<number, number>>;
}

/** One table for each workload, the best at 100 % first. */
export function printSummaries(summaries: readonly Summary[], bounds: readonly Bounds[]): void {
  for (const [workload, rows] of grouped(summaries, ({ workload }) => workload)) {
    console.log(`\n${workload}: means of ${rows[0]?.seeds ?? 0} seeds; allocated GPUs in % at % of demand`);
    console.log(
      `  ${"policy".padEnd(14)}${COLUMNS.map((column) => `@${column}`.padStart(8)).join("")}` +
        `${"unalloc@100".padStart(13)}${"frag@100".padStart(10)}${"decisions/s".padStart(13)}${"p50 us".padStart(9)}${"p99 us".padStart(9)}` +
        `${"by clock: /s".padStart(14)}${"p99 us".padStart(9)}`,
    );
    for (const row of rows.toSorted((left, right) => at(right.allocated) - at(left.allocated)))
      console.log(line(row));
    const bound = bounds.find((one) => one.workload === workload);
    if (bound !== undefined)
      console.log(`  ${"upper bound".padEnd(14)}${sharesOf(bound.allocated)}  of seed ${bound.seed}`);
  }
}

/** What further steps are worth: each beside `flare`, which takes none of them, where that was run too. */
export function printSteps(steps: readonly Summary[], policies: readonly Summary[]): void {
  for (const [workload, rows] of grouped(steps, (row) => row.workload)) {
    const plain = policies.filter((row) => row.workload === workload && row.policy === "flare");
    console.log(`\n${workload}, further steps: means of ${rows[0]?.seeds ?? 0} seeds; allocated GPUs in %`);
    console.log(
      `  ${"step".padEnd(20)}${COLUMNS.map((column) => `@${column}`.padStart(8)).join("")}` +
        `${"frag@100".padStart(10)}${"moves/1000".padStart(12)}${"refused %".padStart(11)}${"decisions/s".padStart(13)}`,
    );
    for (const row of [...plain, ...rows])
      console.log(
        `  ${row.policy.padEnd(20)}${sharesOf(row.allocated)}${at(row.fragmented).toFixed(2).padStart(10)}` +
          `${row.movesPerThousand.toFixed(1).padStart(12)}${(row.refused?.toFixed(2) ?? "").padStart(11)}${Math.round(row.decisionsPerSecond).toString().padStart(13)}`,
      );
  }
}

const at = (values: Readonly<Record<number, number>>): number => values[100] ?? 0;

const sharesOf = (allocated: Readonly<Record<number, number>>): string =>
  COLUMNS.map((column) => (allocated[column] ?? 0).toFixed(2).padStart(8)).join("");

function line(row: Summary): string {
  return (
    `  ${row.policy.padEnd(14)}${sharesOf(row.allocated)}${at(row.unallocated).toFixed(1).padStart(13)}` +
    `${at(row.fragmented).toFixed(2).padStart(10)}${Math.round(row.decisionsPerSecond).toString().padStart(13)}` +
    `${row.p50Us.toFixed(1).padStart(9)}${row.p99Us.toFixed(1).padStart(9)}` +
    `${Math.round(row.decisionsPerWallSecond).toString().padStart(14)}${row.wallP99Us.toFixed(1).padStart(9)}`
  );
}
