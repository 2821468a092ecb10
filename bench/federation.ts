/**
 * What buying of others costs, and whether it holds; see README.md.
 * `npm run bench:federation -- --only allocation,concurrency,chaos --json FILE`
 */
import { parseArgs } from "node:util";
import { benchAllocation } from "./federation/allocation.ts";
import { benchChaos } from "./federation/chaos-bench.ts";
import { benchConcurrency } from "./federation/concurrency.ts";
import { hubProcess } from "./hub/hub-process.ts";
import { type BenchResult, report } from "./support/figures.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "allocation,concurrency,chaos" },
    // Intents that are allocated for one after the other, with controllers as slow as real ones.
    alone: { type: "string", default: "8" },
    // Intents that are applied at the same time.
    sizes: { type: "string", default: "50,100,200" },
    // Intents of a run of chaos, the seeds, and which FLUIDOS and Liqo: what the names begin with.
    intents: { type: "string", default: "40" },
    seeds: { type: "string", default: "1,2,3" },
    forms: { type: "string", default: "all" },
    json: { type: "string" },
  },
});

const numbers = (text: string): number[] => text.split(",").map(Number);

async function* results(): AsyncGenerator<BenchResult> {
  const wanted = options.only.split(",");
  if (wanted.includes("allocation")) yield await benchAllocation(Number(options.alone));
  if (wanted.includes("concurrency")) yield* await benchConcurrency(numbers(options.sizes));
  if (wanted.includes("chaos"))
    yield* benchChaos({
      intents: Number(options.intents),
      seeds: numbers(options.seeds),
      forms: options.forms.split(";"),
    });
}

const main = (): Promise<void> => report(results(), options.json);

await (process.env.BENCH_ROLE === "hub" ? hubProcess : main)();
