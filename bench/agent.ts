/** What an idle agent costs: memory, start, CPU, API calls. `npm run bench:agent -- [--json FILE] [--node PATH]`; see README.md. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { imageRuntime } from "../test/support/dockerfile.ts";
import { startCluster } from "./support/agent-cluster.ts";
import { type BenchedProcess, startAgent, startBareNode } from "./support/benched-process.ts";
import { type BenchResult, type Figure, median, printResult, saveResult } from "./support/figures.ts";
import type { Memory } from "./support/proc.ts";
import { measureDay } from "./support/simulated-day.ts";

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    /** The Node binary that the agent runs on. */
    node: { type: "string", default: process.execPath },
    /** Seconds of rest before memory is read. */
    settle: { type: "string", default: "12" },
    starts: { type: "string", default: "3" },
  },
});

const major = Number(
  spawnSync(options.node, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }).stdout,
);
/** What the project promises itself, by Node's major version; MiB. */
const aims = major >= 24 ? { resident: 80, anonymous: 28 } : { resident: 64, anonymous: 20 };

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Rests, scraped once a second (Prometheus' habit is every 30 s), and reads memory at the end, over some seconds. */
async function restingMemory(agent: BenchedProcess): Promise<Figure[]> {
  for (let second = 0; second < Number(options.settle); second++) {
    await agent.scrape();
    await pause(1);
  }
  const samples: Memory[] = [];
  for (let sample = 0; sample < 5; sample++) {
    samples.push(agent.memory());
    await pause(0.5);
  }
  const typical = (field: "resident" | "anonymous" | "file"): number =>
    median(samples.map((memory) => memory[field]));
  return [
    { name: "agent: resident memory", value: typical("resident"), unit: "MiB", atMost: aims.resident },
    {
      name: "agent: of it private (anonymous)",
      value: typical("anonymous"),
      unit: "MiB",
      atMost: aims.anonymous,
    },
    { name: "agent: of it files (the Node binary)", value: typical("file"), unit: "MiB" },
  ];
}

async function bareNode(agentResident: number): Promise<Figure[]> {
  const bare = startBareNode(options.node);
  await pause(3);
  const { resident, anonymous } = bare.memory();
  await bare.end();
  return [
    { name: "bare node: resident memory", value: resident, unit: "MiB" },
    { name: "bare node: of it private", value: anonymous, unit: "MiB" },
    { name: "agent / bare node", value: agentResident / resident, unit: "x" },
  ];
}

function bundleFigures(): Figure[] {
  const size = (files: readonly string[]): number =>
    files.reduce((sum, file) => sum + statSync(join("dist", file)).size, 0) / 1024;
  const files = readdirSync("dist");
  return [
    {
      name: "bundle: JavaScript, all commands",
      value: size(files.filter((file) => file.endsWith(".js"))),
      unit: "KiB",
    },
    { name: "bundle: mapping tables, parsed", value: size(["mappings.json"]), unit: "KiB" },
  ];
}

async function run(): Promise<BenchResult> {
  const cluster = await startCluster();
  const runtime = imageRuntime();
  try {
    const starts: number[] = [];
    for (let start = 1; start < Number(options.starts); start++) {
      await cluster.resetNode();
      const agent = await startAgent(options.node, runtime, cluster);
      starts.push(agent.firstPublishMs);
      await agent.end();
    }
    await cluster.resetNode();
    const agent = await startAgent(options.node, runtime, cluster);
    starts.push(agent.firstPublishMs);
    const memory = await restingMemory(agent);
    const day = await measureDay(agent, cluster);
    await agent.end();
    const bare = await bareNode(memory[0]?.value ?? Number.NaN);
    const start = { name: "start to first publish (median)", value: median(starts), unit: "ms" };
    const version = spawnSync(options.node, ["--version"], { encoding: "utf8" }).stdout.trim();
    return {
      bench: "agent",
      conditions: {
        node: version,
        flags: runtime.flags.join(" "),
        cpu: `${cpus().length} x ${cpus()[0]?.model ?? "?"}`,
      },
      figures: [...memory, ...bare, start, ...day, ...bundleFigures()],
    };
  } finally {
    await cluster.close();
  }
}

const result = await run();
printResult(result);
await saveResult(result, options.json);
