/**
 * What a hub costs and how fast it is; see README.md. `npm run bench:hub -- --only inventory,intents,churn --json FILE`
 */
import { parseArgs } from "node:util";
import { controlPlaneAssets } from "../test/support/control-plane.ts";
import { benchChurn } from "./hub/churn.ts";
import { hubProcess } from "./hub/hub-process.ts";
import { benchIntents } from "./hub/intents.ts";
import { benchInventory } from "./hub/inventory.ts";
import { apiProcess } from "./hub/processes.ts";
import { type BenchResult, report } from "./support/figures.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "inventory,intents,churn" },
    nodes: { type: "string", default: "10000" },
    pods: { type: "string", default: "40000" },
    changes: { type: "string", default: "300" },
    // Nodes that Intents are placed on, and how many Intents come at once.
    "intent-nodes": { type: "string", default: "1000" },
    batches: { type: "string", default: "1,100,1000" },
    flavors: { type: "boolean", default: false },
    api: { type: "string", default: "sandbox,real" },
    // Intents that come and go in the simulated day.
    day: { type: "string", default: "6000" },
    json: { type: "string" },
  },
});

/** What is asked for, in its order. */
async function* results(): AsyncGenerator<BenchResult> {
  const wanted = options.only.split(",");
  if (wanted.includes("inventory")) {
    const { nodes, pods, changes } = options;
    yield await benchInventory({ nodes: Number(nodes), pods: Number(pods), changes: Number(changes) });
  }
  if (wanted.includes("intents")) {
    const sizes = {
      nodes: Number(options["intent-nodes"]),
      batches: options.batches.split(",").map(Number),
      flavors: options.flavors,
    };
    const apis = options.api.split(",");
    if (apis.includes("sandbox")) yield await benchIntents("sandbox", sizes);
    if (apis.includes("real") && controlPlaneAssets() !== undefined) yield await benchIntents("real", sizes);
    else if (apis.includes("real"))
      console.log("Not measured on a real API server: KUBEBUILDER_ASSETS names no folder with one");
  }
  if (wanted.includes("churn")) yield await benchChurn(Number(options.day));
}

const main = (): Promise<void> => report(results(), options.json);

const roles: Readonly<Record<string, () => Promise<void>>> = { hub: hubProcess, api: apiProcess };
await (roles[process.env.BENCH_ROLE ?? ""] ?? main)();
