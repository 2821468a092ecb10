/**
 * A day at rest in a minute and a half. Two measurements, because the agent coalesces what comes in a burst:
 * - CPU: the cost of one heartbeat, one scrape and one ended watch is measured one by one with pauses between them, the
 *   cost of doing nothing over a quiet spell; the day is their sum, each as often as a day has it.
 * - API calls: all heartbeats of a day in quick succession, then a number of cut watches, and what the agent asked of the
 *   API meanwhile.
 */

import { eventually } from "../../test/support/processes.ts";
import type { BenchCluster, Call } from "./agent-cluster.ts";
import type { BenchedAgent } from "./benched-process.ts";
import { type Figure, median } from "./figures.ts";

/** How often a day has it: GPU Feature Discovery's timestamp every minute, the kubelet's status every five. */
const PER_DAY = { labels: 1440, statuses: 288, scrapes: 2880, watchEnds: 320 } as const;
const DAY_MS = 86_400_000;
const QUIET = { spells: 6, ms: 2500 } as const;
/** A day has more, all alike. */
const CUTS = 10;
/** Longer than the agent waits for a burst to end, so that each heartbeat gets its own pass. */
const APART_MS = 1300;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function measureDay(agent: BenchedAgent, cluster: BenchCluster): Promise<Figure[]> {
  const idle = await restingShare(agent);
  const each = (times: number, apartMs: number, action: (index: number) => Promise<void>): Promise<number> =>
    costOfEach(agent, idle, { times, apartMs, action });
  let beat = 0;
  const label = await each(10, APART_MS, () => cluster.heartbeat("label", ++beat));
  const status = await each(5, APART_MS, () => cluster.heartbeat("status", ++beat));
  const scrape = await each(50, 20, () => agent.scrape());
  const cutAndBeat = await each(5, APART_MS, async () => {
    await cluster.cutWatches();
    await cluster.heartbeat("label", ++beat); // an event, after which the agent no longer backs off
  });
  const watchEnd = Math.max(0, cutAndBeat - label);
  const events = PER_DAY.labels * label + PER_DAY.statuses * status;
  const cpu = DAY_MS * idle + events + PER_DAY.scrapes * scrape + PER_DAY.watchEnds * watchEnd;
  const calls = await cluster.callsDuring(() => beatThroughADay(cluster, beat + 100));
  const cuts = await cluster.callsDuring(async () => {
    for (let cut = 0; cut < CUTS; cut++) {
      await cluster.cutWatches();
      await cluster.heartbeat("label", ++beat);
      await pause(100);
    }
  });
  const reopened = count(cuts, ({ verb, resource }) => verb === "watch" && resource === "nodes");
  const change = await cluster.callsDuring(async () => {
    await cluster.setProduct("NVIDIA-H200");
    await eventually("the change is published", async () => (await cluster.published()) === "nvidia-h200");
    await pause(2000);
  });
  return [
    { name: "CPU per day at rest", value: cpu / 1000, unit: "s" },
    { name: "  of it doing nothing", value: (DAY_MS * idle) / 1000, unit: "s" },
    { name: "  one heartbeat with its pass", value: label, unit: "ms" },
    { name: "  one scrape", value: scrape, unit: "ms" },
    { name: "  one watch ended and resumed", value: watchEnd, unit: "ms" },
    { name: "API: writes per day at rest", value: count([...calls, ...cuts], writes), unit: "", atMost: 0 },
    { name: "API: lists per day of heartbeats", value: count(calls, lists), unit: "" },
    { name: `API: watches reopened after ${CUTS} cuts`, value: reopened, unit: "" },
    { name: "API: lists per reopened watch", value: count(cuts, lists) / reopened, unit: "", atMost: 1 },
    { name: "API: writes per real change", value: count(change, nodeWrites), unit: "", atMost: 1 },
  ];
}

const changing = new Set(["create", "update", "patch", "delete"]);
const writes = ({ verb, resource }: Call): boolean => changing.has(verb) && !resource.includes("reviews");
const nodeWrites = (call: Call): boolean => writes(call) && call.resource.startsWith("nodes");
const lists = ({ verb }: Call): boolean => verb === "list";
const count = (calls: readonly Call[], wanted: (call: Call) => boolean): number =>
  calls.filter(wanted).reduce((sum, call) => sum + call.count, 0);

/** CPU time by wall time when nothing happens; the median of some spells, so that one garbage collection is not the rule. */
async function restingShare(agent: BenchedAgent): Promise<number> {
  const shares: number[] = [];
  for (let spell = 0; spell < QUIET.spells; spell++) {
    shares.push((await cpuOf(agent, () => pause(QUIET.ms))) / QUIET.ms);
  }
  return median(shares);
}

async function cpuOf(agent: BenchedAgent, work: () => Promise<void>): Promise<number> {
  const before = agent.cpuMilliseconds();
  await work();
  return agent.cpuMilliseconds() - before;
}

interface Repeated {
  readonly times: number;
  readonly apartMs: number;
  readonly action: (index: number) => Promise<void>;
}

/** Milliseconds of CPU that one action costs, without what the agent would have used anyway. */
async function costOfEach(
  agent: BenchedAgent,
  idle: number,
  { times, apartMs, action }: Repeated,
): Promise<number> {
  const started = performance.now();
  const used = await cpuOf(agent, async () => {
    for (let index = 0; index < times; index++) {
      await action(index);
      await pause(apartMs);
    }
  });
  return Math.max(0, used - idle * (performance.now() - started)) / times;
}

async function beatThroughADay(cluster: BenchCluster, from: number): Promise<void> {
  const beats = PER_DAY.labels + PER_DAY.statuses;
  for (let beat = 0; beat < beats; beat++) {
    await cluster.heartbeat(beat % 6 === 5 ? "status" : "label", from + beat + 1);
    await pause(5);
  }
  await pause(2000);
}
