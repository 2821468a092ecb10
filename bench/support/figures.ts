/** The figures of a bench: a table for people, a file for machines. */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The figure should not exceed it; told beside it, never enforced: machines differ. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface BenchResult {
  readonly bench: string;
  /** What it ran on: Node's version, CPU, options. */
  readonly conditions: Readonly<Record<string, string | number>>;
  readonly figures: readonly Figure[];
}

export function printResult({ bench, conditions, figures }: BenchResult): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  console.log(
    `${bench}: ${Object.entries(conditions)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}`,
  );
  for (const figure of figures) {
    const value = format(figure.value).padStart(10);
    console.log(`  ${figure.name.padEnd(width)} ${value} ${figure.unit.padEnd(7)} ${aim(figure)}`.trimEnd());
  }
}

/** Writes the result as JSON where `--json FILE` was given. */
export async function saveResult(
  result: BenchResult | readonly BenchResult[],
  file: string | undefined,
): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}

function aim({ value, atMost, atLeast }: Figure): string {
  if (atMost !== undefined) return `at most ${format(atMost)}: ${value <= atMost ? "met" : "NOT MET"}`;
  if (atLeast !== undefined) return `at least ${format(atLeast)}: ${value >= atLeast ? "met" : "NOT MET"}`;
  return "";
}

function format(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value.toFixed(value < 10 ? 2 : 1);
}

/** Prints each result as it comes, and saves them all. */
export async function report(results: AsyncIterable<BenchResult>, file: string | undefined): Promise<void> {
  const all: BenchResult[] = [];
  for await (const result of results) {
    printResult(result);
    all.push(result);
  }
  await saveResult(all, file);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The value that so large a part of them does not exceed. */
export const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;

/** What was measured, and the machine that it was measured on. */
export const conditionsOf = (conditions: BenchResult["conditions"]): BenchResult["conditions"] => ({
  ...conditions,
  node: process.version,
  cpu: `${cpus().length} x ${cpus()[0]?.model ?? "?"}`,
});
