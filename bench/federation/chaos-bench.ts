/** Runs of chaos, each with a hub that is a process of its own and is killed without a warning. */
import { once } from "node:events";
import { startHubProcess } from "../hub/hub-process.ts";
import { type BenchResult, conditionsOf, type Figure } from "../support/figures.ts";
import { CHAOS_CONFIG, type ChaosOutcome, type MortalHub, runChaos } from "./chaos.ts";
import { FORMS, type Form } from "./chaos-plan.ts";
import type { FederationSite } from "./site.ts";

/** Longer than an Intent bears to be interrupted: what is lost for so long is left. */
const HOLD_MS = 20_000;

export interface ChaosSizes {
  readonly intents: number;
  readonly seeds: readonly number[];
  /** Of `FORMS`, by what their names begin with. */
  readonly forms: readonly string[];
}

/** One result for each form and seed. */
export async function* benchChaos({ intents, seeds, forms }: ChaosSizes): AsyncGenerator<BenchResult> {
  const wanted = FORMS.filter(({ name }) => forms.some((form) => form === "all" || name.startsWith(form)));
  for (const form of wanted)
    for (const seed of seeds) {
      console.log(`chaos: ${form.name}, seed ${seed}`);
      yield resultOf(form, seed, intents, await runChaos({ form, seed, intents, holdMs: HOLD_MS, startHub }));
    }
}

function startHub({ hub }: FederationSite): MortalHub {
  const parts = { intents: true, flavors: false, config: CHAOS_CONFIG, logLevel: "silent" as const };
  const { child } = startHubProcess(hub.kubeconfig, parts);
  return {
    die: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function resultOf(form: Form, seed: number, intents: number, outcome: ChaosOutcome): BenchResult {
  const { soldTwice, stuck, orphans, deployed, bought, settledInMs, troubles, reasons } = outcome;
  for (const each of soldTwice) console.log(`  sold twice: ${each}`);
  for (const each of stuck) console.log(`  stuck: ${each}`);
  for (const each of orphans) console.log(`  left behind: ${each}`);
  const figures: readonly Figure[] = [
    { name: "sold twice", value: soldTwice.length, unit: "", atMost: 0 },
    { name: "Intents that were stuck in the end", value: stuck.length, unit: "", atMost: 0 },
    { name: "objects left behind", value: orphans.length, unit: "", atMost: 0 },
    { name: "Intents that were there in the end", value: deployed, unit: "" },
    { name: "Flavors sold, to strangers too", value: bought, unit: "" },
    { name: "until all Intents worked", value: settledInMs / 1000, unit: "s" },
    ...times("trouble", troubles),
    ...times("Event", reasons),
  ];
  return {
    bench: `federation, chaos, ${form.name}`,
    conditions: conditionsOf({ seed, Intents: intents }),
    figures,
  };
}

const times = (what: string, counts: Readonly<Record<string, number>>): readonly Figure[] =>
  Object.entries(counts).map(([name, value]) => ({ name: `  ${what}: ${name}`, value, unit: "times" }));
