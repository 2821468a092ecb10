/** What the authors of the data published, and whether our baselines are the same policies. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COLUMNS, type RunResult } from "./run.ts";

/** Percentage points that the mean of a baseline may differ from the published mean. */
const TOLERANCE = 0.5;
/** Our names of the published policies. */
const POLICIES: Readonly<Record<string, string>> = {
  "01-Random": "random",
  "02-DotProd": "dotprod",
  "03-GpuClustering": "clustering",
  "04-GpuPacking": "packing",
  "05-BestFit": "bestfit",
  "06-FGD": "fgd",
};

/** Allocated GPUs in % of all over the published runs. */
export interface Published {
  readonly workload: string;
  readonly policy: string;
  readonly column: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
}

/** The published summary; none where the folder has no such file. */
export function readPublished(folder: string): readonly Published[] {
  const file = join(folder, "published_summary.csv");
  if (!existsSync(file)) return [];
  const [head = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const columns = head.split(",");
  const at = (cells: readonly string[], name: string): string => cells[columns.indexOf(name)] ?? "";
  return lines.map((line) => {
    const cells = line.split(",");
    return {
      workload: at(cells, "workload").replace("openb_pod_list_", ""),
      policy: POLICIES[at(cells, "policy")] ?? at(cells, "policy"),
      column: Number(at(cells, "arrived_gpu_pct")),
      mean: Number(at(cells, "alloc_ratio_mean")),
      least: Number(at(cells, "alloc_min")),
      most: Number(at(cells, "alloc_max")),
      runs: Number(at(cells, "n_seeds")),
    };
  });
}

export interface Checked {
  /** Means that were compared. */
  readonly compared: number;
  readonly furthest: number;
  /** In words, what differs too much. */
  readonly wrong: readonly string[];
}

/**
 * Compares the baselines with what was published for them. Where fewer runs were made than are published, their mean may
 * lie anywhere between the least and the most of the published ones.
 */
export function check(results: readonly RunResult[], published: readonly Published[]): Checked {
  const compared = published.flatMap((row) => {
    const runs = results.filter(({ policy, workload }) => policy === row.policy && workload === row.workload);
    const values = runs.flatMap(({ readings }) => readings[row.column]?.allocated ?? []);
    if (values.length === 0 || !COLUMNS.some((column) => column === row.column)) return [];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const [low, high] = values.length < row.runs ? [row.least, row.most] : [row.mean, row.mean];
    return [{ row, mean, off: Math.max(mean - high, low - mean, 0) }];
  });
  return {
    compared: compared.length,
    furthest: Math.max(0, ...compared.map(({ off }) => off)),
    wrong: compared
      .filter(({ off }) => off > TOLERANCE)
      .map(
        ({ row, mean }) =>
          `${row.policy} on ${row.workload} at ${row.column} %: ${mean.toFixed(2)}, published ${row.mean.toFixed(2)}`,
      ),
  };
}
