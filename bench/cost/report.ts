/** The figures of `bench:cost` as tables for people. */
import type { Batch, Distance, Singles } from "./batches.ts";
import type { Point } from "./curve.ts";
import type { FrontPoint } from "./front.ts";
import type { ObjectiveName } from "./mix.ts";

/** Of one GPU on average. */
export const UNITS: Readonly<Record<ObjectiveName, string>> = {
  performance: "TFLOPS",
  cost: "EUR/h",
  latency: "ms",
  energy: "gCO2e/h",
  balanced: "of 1",
};

export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of some seeds at each load. */
export function meanCurve(curves: readonly (readonly Point[])[]): readonly Point[] {
  return (curves[0] ?? []).map((point, at) => {
    const points = curves.flatMap((curve) => curve[at] ?? []);
    const of = (read: (point: Point) => number): number => mean(points.map(read));
    return {
      load: point.load,
      placed: of(({ placed }) => placed),
      placedFirst: of(({ placedFirst }) => placedFirst),
      placedTogether: of(({ placedTogether }) => placedTogether),
      overFirst: of(({ overFirst }) => overFirst),
      overRandom: of(({ overRandom }) => overRandom),
      gap: of(({ gap }) => gap),
      gapTogether: of(({ gapTogether }) => gapTogether),
      each: [
        of(({ each }) => each[0]),
        of(({ each }) => each[1]),
        of(({ each }) => each[2]),
        of(({ each }) => each[3]),
      ],
    };
  });
}

export function printCurve(objective: ObjectiveName, curve: readonly Point[]): void {
  console.log(`\n${objective} over load (one GPU in ${UNITS[objective]})`);
  table([
    [
      "load",
      "better than first-match",
      "than random",
      "off the bound",
      "together",
      "placed",
      "first-match",
      "together",
      "ours",
      "first-match",
      "random",
      "bound",
    ],
    ...curve.map((point) => [
      percent(point.load),
      percent(point.overFirst),
      percent(point.overRandom),
      percent(point.gap),
      percent(point.gapTogether),
      percent(point.placed),
      percent(point.placedFirst),
      percent(point.placedTogether),
      ...point.each.map((value) => value.toPrecision(4)),
    ]),
  ]);
}

export function printSingles(objective: ObjectiveName, all: readonly Singles[]): void {
  const worst = (read: (singles: Singles) => number): number => Math.max(...all.map(read));
  const decisions = all.reduce((sum, one) => sum + one.decisions, 0);
  const differing = all.reduce((sum, one) => sum + one.differing, 0);
  console.log(
    `\n${objective}: ${decisions} Intents decided alone; worst of a single task ${percent(worst((one) => one.worstSingleTask))} off the optimum, of several tasks ${percent(worst((one) => one.worstSeveralTasks))}; ${differing} placed by one and not by the other`,
  );
}

export function printBatches(objective: ObjectiveName, batches: readonly Batch[]): void {
  const sizes = [...new Set(batches.map(({ size }) => size))];
  console.log(`\n${objective}: a queue against the optimum (mean and worst gap where as many are placed)`);
  table([
    [
      "intents",
      "offers",
      "instances",
      "one by one",
      "missed",
      "in turn",
      "missed",
      "together",
      "missed",
      "CPU",
    ],
    ...sizes.map((size) => {
      const own = batches.filter((batch) => batch.size === size);
      const proved = own.filter((batch) => batch.proved).length;
      return [
        String(size.intents),
        String(size.offers),
        `${own.length} (${proved} proved)`,
        ...distances(own.map(({ oneByOne }) => oneByOne)),
        ...distances(own.map(({ inTurn }) => inTurn)),
        ...distances(own.map(({ together }) => together)),
        `${mean(own.map(({ milliseconds }) => milliseconds)).toFixed(0)} ms`,
      ];
    }),
  ]);
}

function distances(all: readonly Distance[]): readonly string[] {
  const gaps = all.flatMap(({ gap }) => gap ?? []);
  const missed = all.reduce((sum, one) => sum + one.missed, 0);
  const gap = gaps.length === 0 ? "-" : `${percent(mean(gaps))}, ${percent(Math.max(...gaps))}`;
  return [gap, String(missed)];
}

export function printFront(front: readonly FrontPoint[]): void {
  console.log("\nbalanced at half load: what one GPU costs and gives");
  table([
    ["weights", "EUR/h", "TFLOPS", "TFLOPS per EUR/h", "gCO2e/h", "ms"],
    ...front.map(({ name, eurPerGpu, tflopsPerGpu, gramsPerGpu, latencyMs }) => [
      name,
      eurPerGpu.toFixed(2),
      tflopsPerGpu.toFixed(1),
      (tflopsPerGpu / eurPerGpu).toFixed(1),
      gramsPerGpu.toFixed(0),
      latencyMs.toFixed(0),
    ]),
  ]);
}

/** The mean of some seeds, by name. */
export function meanFront(fronts: readonly (readonly FrontPoint[])[]): readonly FrontPoint[] {
  return (fronts[0] ?? []).map(({ name }, at) => {
    const points = fronts.flatMap((front) => front[at] ?? []);
    const of = (read: (point: FrontPoint) => number): number => mean(points.map(read));
    return {
      name,
      eurPerGpu: of(({ eurPerGpu }) => eurPerGpu),
      tflopsPerGpu: of(({ tflopsPerGpu }) => tflopsPerGpu),
      gramsPerGpu: of(({ gramsPerGpu }) => gramsPerGpu),
      latencyMs: of(({ latencyMs }) => latencyMs),
    };
  });
}

function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(`  ${row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join("  ")}`);
}
