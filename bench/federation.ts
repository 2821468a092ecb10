/**
 * What buying of others costs, and whether it holds; see README.md.
 * `npm run bench:federation -- --only allocation,concurrency,chaos --json FILE`
 */
import { parseArgs } from "node:util";
import { benchAllocation } from "./federation/allocation.ts";
import { benchConcurrency } from "./federation/concurrency.ts";
import { hubProcess } from "./hub/hub-process.ts";
import { type BenchResult, printResult, saveResult } from "./support/figures.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "allocation,concurrency,chaos" },
    // Intents that are allocated for one after the other, with controllers as slow as real ones.
    alone: { type: "string", default: "8" },
    // Intents that are applied at the same time.
    sizes: { type: "string", default: "50,100,200" },
    json: { type: "string" },
  },
});

const numbers = (text: string): number[] => text.split(",").map(Number);

async function* results(): AsyncGenerator<BenchResult> {
  const wanted = options.only.split(",");
  if (wanted.includes("allocation")) yield await benchAllocation(Number(options.alone));
  if (wanted.includes("concurrency")) yield* await benchConcurrency(numbers(options.sizes));
}

async function main(): Promise<void> {
  const all: BenchResult[] = [];
  for await (const result of results()) {
    printResult(result);
    all.push(result);
  }
  await saveResult(all, options.json);
}

await (process.env.BENCH_ROLE === "hub" ? hubProcess : main)();
