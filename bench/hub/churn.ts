/** A day's coming and going in quick succession: the memory of the hub must not grow with what is over. */
import { setTimeout as delay } from "node:timers/promises";
import { INTENTS, type KubeIntent } from "../../src/hub/intents/intent-view.ts";
import { createReflector } from "../../src/kubernetes/reflector.ts";
import { intent, JOBS } from "../../test/integration/intents-harness.ts";
import { type BenchResult, conditionsOf, type Figure } from "../support/figures.ts";
import { type HubProcess, startHubProcess } from "./hub-process.ts";
import { type ApiProcess, clock, startApiProcess } from "./processes.ts";
import { prepareSite, setReady, TEAMS } from "./site.ts";

const NODES = 200;
/** Intents that live at the same time. */
const ALIVE = 32;
/** Points at which the memory is read, after a tenth of the day has warmed everything up. */
const POINTS = 10;
const MIB = 2 ** 20;

/** Lets so many Intents come, run, end and be deleted, with a node that changes for each. */
export async function benchChurn(intents: number): Promise<BenchResult> {
  const cluster = await startApiProcess("sandbox");
  try {
    await prepareSite(cluster, NODES);
    const hub = startHubProcess(cluster.kubeconfig, { intents: true, flavors: true });
    try {
      await hub.next("synced");
      const startedAt = clock();
      const heap = await day(cluster, hub, intents);
      const seconds = (clock() - startedAt) / 1000;
      const conditions = conditionsOf({ Intents: intents, nodes: NODES, "Intents at once": ALIVE });
      return { bench: "hub, a day of churn", conditions, figures: figuresOf(heap, intents, seconds, hub) };
    } finally {
      await hub.end();
    }
  } finally {
    await cluster.close();
  }
}

function figuresOf(
  heap: readonly number[],
  intents: number,
  seconds: number,
  hub: HubProcess,
): readonly Figure[] {
  const points = heap.slice(1);
  return [
    { name: "Intents from first to last", value: intents / seconds, unit: "/s" },
    { name: "heap in use before", value: (heap[0] ?? 0) / MIB, unit: "MiB" },
    ...points.map(
      (bytes, index): Figure => ({
        name: `heap in use after ${Math.round((intents * (index + 1)) / POINTS)}`,
        value: bytes / MIB,
        unit: "MiB",
      }),
    ),
    {
      name: "slope, for 1,000 Intents",
      value: (slope(points.slice(POINTS / 2 - 1)) * 1000 * POINTS) / intents / 1024,
      unit: "KiB",
    },
    { name: "resident memory at the end", value: hub.memory().resident, unit: "MiB" },
  ];
}

/** Least squares: by how much the values grow from one to the next. */
function slope(values: readonly number[]): number {
  const mean = (numbers: readonly number[]): number =>
    numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const [x, y] = [(values.length - 1) / 2, mean(values)];
  const above = values.reduce((sum, value, index) => sum + (index - x) * (value - y), 0);
  const below = values.reduce((sum, _, index) => sum + (index - x) ** 2, 0);
  return above / below;
}

/** The bytes in use before, and at each point, when nothing is left of the Intents so far. */
async function day(cluster: ApiProcess, hub: HubProcess, intents: number): Promise<number[]> {
  const heap = [await hub.heap()];
  const each = Math.round(intents / POINTS);
  const watch = watchPhases(cluster);
  for (let point = 0; point < POINTS; point += 1) {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < each; index = next++)
        await lifeOf(cluster, watch, point * each + index);
    };
    await Promise.all(Array.from({ length: ALIVE }, worker));
    await delay(1000);
    heap.push(await hub.heap());
  }
  await watch.stop();
  return heap;
}

/** One Intent from its apply to its end; meanwhile a node goes and comes back. */
async function lifeOf(cluster: ApiProcess, watch: Phases, index: number): Promise<void> {
  const { client } = cluster;
  const target = { name: `churn-${index}`, namespace: TEAMS[index % TEAMS.length] ?? "" };
  const key = `${target.namespace}/${target.name}`;
  const node = index % NODES;
  const object = intent(target.name, { namespace: target.namespace, type: "Batch" });
  await client.apply(INTENTS, object, { fieldManager: "bench" });
  await setReady(client, node, false);
  const deployed = await watch.until(key, isDeployed);
  await setReady(client, node, true);
  await endJobs(cluster, deployed?.status?.placement?.namespace ?? "");
  await watch.until(key, isCompleted);
  await client.delete(INTENTS, target);
  await watch.until(key, isGone);
}

type Test = (found: KubeIntent | undefined) => boolean;
const isDeployed: Test = (found) =>
  found?.status?.conditions?.some(({ type, status }) => type === "Deployed" && status === "True") === true;
const isCompleted: Test = (found) => found?.status?.phase === "Completed";
const isGone: Test = (found) => found === undefined;

interface Phases {
  /** Resolves when it is so of the Intent; undefined stands for one that is gone. */
  until(key: string, isSo: Test): Promise<KubeIntent | undefined>;
  stop(): Promise<void>;
}

function watchPhases({ client }: ApiProcess): Phases {
  const waiting = new Map<string, { readonly isSo: Test; readonly come: (found?: KubeIntent) => void }>();
  const stopper = new AbortController();
  const heard = (key: string, found?: KubeIntent): void => {
    const waits = waiting.get(key);
    if (waits === undefined || !waits.isSo(found)) return;
    waiting.delete(key);
    waits.come(found);
  };
  const reflector = createReflector<KubeIntent, KubeIntent>({
    client,
    resource: INTENTS,
    transform: (found) => found,
    onChange: (change) => heard(change.key, change.type === "deleted" ? undefined : change.value),
    onHandlerError: (error) => {
      throw error;
    },
  });
  const running = reflector.run(stopper.signal);
  return {
    until: (key, isSo) => {
      const found = reflector.get(key);
      // One that was just applied was not heard of yet; one that is deleted was.
      if (isSo(found)) return Promise.resolve(found);
      return new Promise((come) => waiting.set(key, { isSo, come }));
    },
    stop: async () => {
      stopper.abort();
      await running;
    },
  };
}

/** As a Job's controller would when its pods are done. */
async function endJobs({ client }: ApiProcess, namespace: string): Promise<void> {
  const conditions = [{ type: "Complete", status: "True", reason: "CompletionsReached" }];
  for await (const { items } of client.list(JOBS, { namespace }))
    for (const { metadata } of items)
      await client.patch(
        JOBS,
        { name: metadata?.name, namespace, subresource: "status" },
        { status: { succeeded: 1, conditions } },
      );
}
