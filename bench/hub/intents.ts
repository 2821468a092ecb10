/** From an Intent to its objects in the provider: how long it takes, how many a second, and what it costs the API. */
import { setTimeout as delay } from "node:timers/promises";
import { INTENTS, type KubeIntent } from "../../src/hub/intents/intent-view.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import { createReflector } from "../../src/kubernetes/reflector.ts";
import { KEYS } from "../../src/workload/identity.ts";
import { DEPLOYMENTS, intent, JOBS } from "../../test/integration/intents-harness.ts";
import { type BenchResult, conditionsOf, type Figure, median, percentile } from "../support/figures.ts";
import { type Calls, type HubProcess, startHubProcess } from "./hub-process.ts";
import { type ApiKind, type ApiProcess, clock, startApiProcess } from "./processes.ts";
import { prepareSite, TEAMS } from "./site.ts";

export interface IntentSizes {
  readonly nodes: number;
  /** Intents that are applied at the same time, batch by batch. */
  readonly batches: readonly number[];
  readonly flavors: boolean;
}

/** Intents alone are measured so often, one after the other. */
const ROUNDS_ALONE = 20;
/** Calls of the one who applies, at the same time. */
const APPLYING = 16;
const WITHIN_MS = 240_000;

export async function benchIntents(kind: ApiKind, sizes: IntentSizes): Promise<BenchResult> {
  const cluster = await startApiProcess(kind);
  try {
    await prepareSite(cluster, sizes.nodes);
    const hub = startHubProcess(cluster.kubeconfig, { intents: true, flavors: sizes.flavors });
    const watch = watchFrom(cluster);
    try {
      await hub.next("synced");
      await delay(2000);
      const figures: Figure[] = [];
      for (const size of sizes.batches) figures.push(...(await benchBatch({ cluster, hub, watch, size })));
      const conditions = conditionsOf({ nodes: sizes.nodes, "GPUs of a node": 8, api: kind });
      return { bench: `hub, Intents, ${kind} API`, conditions, figures };
    } finally {
      await watch.stop();
      await hub.end();
    }
  } finally {
    await cluster.close();
  }
}

interface Bench {
  readonly cluster: ApiProcess;
  readonly hub: HubProcess;
  readonly watch: SeenAt;
  readonly size: number;
}

async function benchBatch(bench: Bench): Promise<Figure[]> {
  const { size, hub, cluster } = bench;
  const before = { calls: await hub.calls(), cpu: hub.cpuMilliseconds(), api: cluster.cpuMilliseconds() };
  const rounds = size === 1 ? ROUNDS_ALONE : 1;
  const batches: Times[] = [];
  for (let round = 0; round < rounds; round += 1) batches.push(await batch(bench, `n${size}-${round}`));
  await untilQuiet(hub);
  const intents = size * rounds;
  const [cpu, api] = [hub.cpuMilliseconds() - before.cpu, cluster.cpuMilliseconds()];
  const of = (name: string): string => `${size} at once: ${name}`;
  const created = batches.flatMap((times) => times.created);
  const reserved = batches.flatMap((times) => times.reserved);
  return [
    ...batches.slice(0, size === 1 ? 0 : 1).flatMap(({ reservedSeconds, createdSeconds }): Figure[] => [
      {
        name: of("reserved"),
        value: size / reservedSeconds,
        unit: "/s",
        ...(size >= 1000 ? { atLeast: 100 } : {}),
      },
      { name: of("created in the provider"), value: size / createdSeconds, unit: "/s" },
    ]),
    { name: of("apply until reserved, median"), value: median(reserved), unit: "ms" },
    { name: of("apply until reserved, p99"), value: percentile(reserved, 0.99), unit: "ms" },
    { name: of("apply until created, median"), value: median(created), unit: "ms" },
    { name: of("apply until created, p99"), value: percentile(created, 0.99), unit: "ms" },
    { name: of("CPU of the hub for each"), value: cpu / intents, unit: "ms" },
    ...(api === undefined
      ? []
      : [{ name: of("CPU of the API for each"), value: (api - (before.api ?? 0)) / intents, unit: "ms" }]),
    ...callFigures(of, before.calls, await hub.calls(), intents),
  ];
}

/** Calls that most Intents make; the few that belong to probes and leases are left out. */
export function callFigures(
  of: (name: string) => string,
  before: Calls,
  after: Calls,
  intents: number,
): Figure[] {
  const each = Object.entries(after)
    .map(([name, count]) => [name, (count - (before[name] ?? 0)) / intents] as const)
    .filter(([, count]) => count >= 0.2)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const sum = each.reduce((total, [, count]) => total + count, 0);
  return [
    { name: of("calls for each"), value: sum, unit: "" },
    ...each.map(([name, value]): Figure => ({ name: of(`  ${name}`), value, unit: "" })),
  ];
}

/** When each Intent came so far, in ms after it was applied; and how long all of them took. */
interface Times {
  readonly reserved: readonly number[];
  readonly created: readonly number[];
  readonly reservedSeconds: number;
  readonly createdSeconds: number;
}

async function batch({ cluster, watch, size }: Bench, prefix: string): Promise<Times> {
  const names = Array.from({ length: size }, (_, index) => `${prefix}-${index}`);
  const appliedAt = new Map<string, number>();
  const startedAt = clock();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < size; index = next++) {
      const name = names[index] ?? "";
      const namespace = TEAMS[index % TEAMS.length] ?? "";
      appliedAt.set(`${namespace}/${name}`, clock());
      await cluster.client.create(INTENTS, intentOf(name, namespace, index));
    }
  };
  await Promise.all(Array.from({ length: Math.min(APPLYING, size) }, worker));
  const keys = [...appliedAt.keys()];
  const after = (seen: ReadonlyMap<string, number>): number[] =>
    keys.map((key) => (seen.get(key) ?? Number.NaN) - (appliedAt.get(key) ?? 0));
  const last = (seen: ReadonlyMap<string, number>): number =>
    (Math.max(...keys.map((key) => seen.get(key) ?? Number.NaN)) - startedAt) / 1000;
  await until(() => keys.every((key) => watch.reserved.has(key) && watch.created.has(key)));
  return {
    reserved: after(watch.reserved),
    created: after(watch.created),
    reservedSeconds: last(watch.reserved),
    createdSeconds: last(watch.created),
  };
}

/** In turn a Batch and a Service, of one, two and four GPUs. */
function intentOf(name: string, namespace: string, index: number): KubeObject {
  const type = index % 2 === 0 ? "Batch" : "Service";
  return intent(name, { namespace, type, gpu: { count: 2 ** (index % 3) } });
}

async function until(isSo: () => boolean): Promise<void> {
  const limit = clock() + WITHIN_MS;
  while (!isSo()) {
    if (clock() > limit) throw new Error(`not done within ${WITHIN_MS / 1000} s`);
    await delay(5);
  }
}

/** The last status is written, too: no more writes of Intents in two seconds. */
async function untilQuiet(hub: HubProcess): Promise<void> {
  const writes = async (): Promise<number> =>
    Object.entries(await hub.calls())
      .filter(([name]) => / (intents|events|namespaces)/.test(name) && !/^(list|watch)/.test(name))
      .reduce((sum, [, count]) => sum + count, 0);
  for (let before = -1, now = await writes(); now !== before; ) {
    await delay(2000);
    before = now;
    now = await writes();
  }
}

/** When something was seen of each Intent (`namespace/name`) for the first time. */
interface SeenAt {
  readonly reserved: ReadonlyMap<string, number>;
  /** Its Job or Deployment, which is made last. */
  readonly created: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Watches as anybody would. */
function watchFrom({ client }: ApiProcess): SeenAt {
  const [reserved, created] = [new Map<string, number>(), new Map<string, number>()];
  const note = (seen: Map<string, number>, key: string | undefined): void => {
    if (key !== undefined && !seen.has(key)) seen.set(key, clock());
  };
  const stopper = new AbortController();
  const common = {
    client,
    onChange: () => undefined,
    onHandlerError: (error: unknown) => {
      throw error;
    },
  };
  const running = [
    createReflector<KubeIntent, void>({
      ...common,
      resource: INTENTS,
      transform: ({ metadata, status }) => {
        const isReserved = status?.conditions?.some(
          ({ type, status: is }) => type === "Reserved" && is === "True",
        );
        if (isReserved) note(reserved, `${metadata?.namespace}/${metadata?.name}`);
      },
    }).run(stopper.signal),
    ...[JOBS, DEPLOYMENTS].map((resource) =>
      createReflector<KubeObject, void>({
        ...common,
        resource,
        transform: ({ metadata }) => note(created, metadata?.annotations?.[KEYS.intent]),
      }).run(stopper.signal),
    ),
  ];
  return {
    reserved,
    created,
    stop: async () => {
      stopper.abort();
      await Promise.all(running);
    },
  };
}
