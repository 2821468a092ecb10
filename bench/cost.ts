/**
 * What the objectives are worth on real prices, and how far from the optimum decisions are. Counts and sums: the same
 * seeds give the same figures on every machine, but for the CPU time. `npm run bench:cost -- --seeds 3 --json FILE`
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DEFAULT_CURRENCY_RATES } from "../src/hub/intents/currency-rates.ts";
import { catalogueModels } from "../src/hub/intents/models.ts";
import { builtIn } from "../test/unit/mapping/tables.ts";
import { batchOf, SIZES, singlesOf } from "./cost/batches.ts";
import { curveOf, type Point } from "./cost/curve.ts";
import { createExact } from "./cost/exact.ts";
import { type FrontPoint, frontOf } from "./cost/front.ts";
import type { Market } from "./cost/instance.ts";
import { offersFrom } from "./cost/inventory.ts";
import { OBJECTIVES, type ObjectiveName } from "./cost/mix.ts";
import { type Chart, svgOf } from "./cost/plot.ts";
import { type PriceRow, readPrices } from "./cost/prices.ts";
import { meanCurve, meanFront, printBatches, printCurve, printFront, printSingles } from "./cost/report.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/prices" },
    seeds: { type: "string", default: "3" },
    objectives: { type: "string", default: Object.keys(OBJECTIVES).join(",") },
    offers: { type: "string", default: "200" },
    parts: { type: "string", default: "singles,batches,curve,front" },
    plots: { type: "string" },
    json: { type: "string" },
  },
});

/** Intents of each seed that are decided alone. */
const ALONE = 40;

const objectives = values.objectives.split(",").map((name) => {
  if (!Object.hasOwn(OBJECTIVES, name)) {
    throw new Error(`--objectives ${name}: expected some of ${Object.keys(OBJECTIVES).join(", ")}`);
  }
  return name as ObjectiveName;
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, at) => at + 1);
const size = Number(values.offers);
const parts = new Set(values.parts.split(","));

const tables = builtIn();
const market: Market = {
  offers: offersFrom(pricesOrExit(values.data), tables),
  currencyRates: DEFAULT_CURRENCY_RATES,
  resolveModel: catalogueModels(tables.catalogue),
};
const exact = await createExact();
const gpus = market.offers.reduce((sum, { total }) => sum + total, 0);
console.log(
  `cost: ${market.offers.length} offers with ${gpus} GPUs in the market, ${size} of them drawn for each of ${seeds.length} seeds`,
);

const results = objectives.map((objective) => {
  const singles = only("singles", () =>
    seeds.map((seed) => singlesOf(market, objective, seed, ALONE, exact)),
  );
  if (singles.length > 0) printSingles(objective, singles);
  const batches = only("batches", () =>
    SIZES.flatMap((one) => seeds.map((seed) => batchOf(market, objective, seed, one, exact))),
  );
  if (batches.length > 0) printBatches(objective, batches);
  const curves = only("curve", () => seeds.map((seed) => curveOf(market, objective, seed, size, exact)));
  const curve = meanCurve(curves);
  if (curve.length > 0) printCurve(objective, curve);
  return { objective, singles, batches, curves, curve };
});
const front = meanFront(only("front", () => seeds.map((seed) => frontOf(market, seed, size))));
if (front.length > 0) printFront(front);

if (values.plots !== undefined) {
  const note = `${size} offers of price lists of 2025-03 to 2026-07, mean of ${seeds.length} seeds`;
  await writeFile(join(values.plots, "cost-curve.svg"), svgOf(savings(results, note)));
  if (front.length > 0)
    await writeFile(join(values.plots, "balanced-front.svg"), svgOf(frontChart(front, note)));
}
if (values.json !== undefined) {
  const conditions = { node: process.version, seeds: seeds.length, offers: size, data: values.data };
  await writeFile(values.json, `${JSON.stringify({ bench: "cost", conditions, results, front }, null, 2)}\n`);
}

function only<T>(part: string, make: () => readonly T[]): readonly T[] {
  return parts.has(part) ? make() : [];
}

function pricesOrExit(folder: string): readonly PriceRow[] {
  try {
    return readPrices(folder);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(1);
  }
}

interface Curve {
  readonly objective: ObjectiveName;
  readonly curve: readonly Point[];
}

/** How much better than first-match, in per cent; of what is better when higher, how much worse first-match is than ours. */
function savings(curves: readonly Curve[], note: string): Chart {
  const series = curves.map(({ objective, curve }) => ({
    name: objective,
    points: curve.map(({ load, overFirst }): readonly [number, number] => [
      load * 100,
      (objective === "performance" || objective === "balanced" ? overFirst / (1 + overFirst) : overFirst) *
        100,
    ]),
  }));
  return {
    title: "What first-match loses against each objective",
    x: "GPUs asked for, % of all",
    y: "%",
    note,
    series,
  };
}

function frontChart(points: readonly FrontPoint[], note: string): Chart {
  const place = ({ eurPerGpu, tflopsPerGpu }: FrontPoint): readonly [number, number] => [
    eurPerGpu,
    tflopsPerGpu,
  ];
  const named = (name: string) => points.filter((point) => point.name === name).map(place);
  return {
    title: "What balanced gives up of performance for cost",
    x: "EUR an hour of one GPU",
    y: "TFLOPS that the work feels, of one GPU",
    note: `${note}, half of the GPUs asked for`,
    series: [
      { name: "cost to performance", points: points.filter(({ name }) => name.includes("%")).map(place) },
      { name: "cost alone", points: named("cost alone"), dots: true },
      { name: "performance alone", points: named("performance alone"), dots: true },
      { name: "default weights", points: named("default weights"), dots: true },
    ],
  };
}
