import * as z from "zod";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { resourcePath } from "../../../kubernetes/objects.ts";
import { createLimit, sleep } from "../../../kubernetes/timing.ts";
import { MAIN_CONTAINER } from "../../../workload/container.ts";
import { podSelector } from "../../../workload/identity.ts";
import { PODS } from "../../engines/resources.ts";
import type { IntentView } from "../../intents/intent-view.ts";
import { type Place, placesOf } from "../../intents/places.ts";
import { ApiError } from "../api-error.ts";
import type { Caller } from "../auth/authenticate.ts";
import { namespacesWith } from "../auth/permissions.ts";
import { findIntent } from "../intents/find.ts";
import { type ApiRequest, type Reply, type Route, readQuery } from "../route.ts";
import { createWatchman, enterStream, type Watchman } from "../streams.ts";
import type { ApiWorld } from "../world.ts";
import { mergeLogs, notice, type TaskLog } from "./log-text.ts";
import { type KubeTaskPod, type TaskPod, taskPods } from "./task-pods.ts";

const MOST_LINES = 100_000;
/** Bytes of one answer at most. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Logs that are read at the same time for one answer. */
const MOST_TASKS = 16;
/** A reader who wants to see more asks again. */
const FOLLOW_MS = 3_600_000;
const READ_MS = 60_000;
/** How often it is looked whether who follows may still. */
const LOOK_MS = 15_000;
/** An answer begins, and with it a refusal, after so long at most; a log may say nothing for hours. */
const OPEN_MS = 3000;

const query = z.object({
  follow: z
    .enum(["true", "false"])
    .describe("true: go on as more is written, an hour at most.")
    .default("false"),
  tail: z.coerce
    .number()
    .int()
    .min(0)
    .max(MOST_LINES)
    .describe("Only so many lines from the end of each task's log.")
    .optional(),
  task: z.coerce.number().int().min(0).max(100_000).describe("Only of this task or replica.").optional(),
});

type Query = z.output<typeof query>;

/** GET /intents/{intent_id}/logs. */
export function logsRoute(world: ApiWorld): Route {
  return {
    method: "GET",
    path: "/intents/{intent_id}/logs",
    operationId: "getIntentLogs",
    summary: "What the containers of an Intent wrote, read where it runs",
    tag: "Intents",
    access: "intents:read",
    goesOn: true,
    query,
    answer: {
      status: 200,
      description:
        "The text as it was written; lines of several tasks begin with the number of theirs. 16 MiB at most.",
      type: "text/plain",
    },
    errors: ["NOT_FOUND", "CONFLICT"],
    handle: (request, caller) => logs(world, request, caller),
  };
}

async function logs(world: ApiWorld, request: ApiRequest, caller: Caller): Promise<Reply> {
  const asked = readQuery(query, request.query);
  const view = await findIntent(world, caller, request.params.intent_id ?? "", "intents:read");
  const found = await sourcesOf(world, view, asked);
  const leave = enterStream(world, caller.grant.tenant);
  const limit = createLimit(request.signal(), asked.follow === "true" ? FOLLOW_MS : READ_MS);
  const end = (): void => {
    limit.dispose();
    leave();
  };
  try {
    const opened = found.map((source) => ({ task: source.task, log: openLog(source, asked, limit.signal) }));
    await requireReadable(opened.map(({ log }) => log));
    const stays = async (): Promise<boolean> =>
      namespacesWith((await request.again()).grant, "intents:read").includes(view.namespace);
    const text = textOf(opened, { isPrefixed: found.length > 1, limit });
    const chunks =
      asked.follow === "true" ? whileAllowed(text, limit.signal, createWatchman(stays, LOOK_MS)) : text;
    return { status: 200, headers: HEADERS, chunks, end };
  } catch (error) {
    end();
    throw error;
  }
}

const HEADERS = { "Content-Type": "text/plain; charset=utf-8", "X-Accel-Buffering": "no" };

interface Source extends TaskPod {
  readonly provider: string;
  readonly namespace: string;
  readonly client: KubeClient;
}

/** The pods whose logs are asked for. Throws CONFLICT where there are none. */
async function sourcesOf(world: ApiWorld, view: IntentView, { task }: Query): Promise<readonly Source[]> {
  const places = placesOf(view.status.placement).filter(({ namespace }) => namespace !== "");
  if (places.length === 0) throw new ApiError("CONFLICT", `it runs nowhere now: ${saidOf(view)}`);
  const all = (await Promise.all(places.map((place) => sourcesAt(world, view, place)))).flat();
  const found = all.filter((source) => task === undefined || source.task === task);
  if (found.length === 0 && task !== undefined && all.length > 0)
    throw new ApiError("CONFLICT", `no pod runs task ${task}; there are ${listOf(all)}`);
  if (found.length === 0) throw new ApiError("CONFLICT", `nothing of it has started yet: ${saidOf(view)}`);
  if (found.length <= MOST_TASKS) return found;
  throw new ApiError(
    "CONFLICT",
    `there are ${found.length} tasks, more than the ${MOST_TASKS} that are told of at once: choose one by task, of ${listOf(found)}`,
  );
}

const saidOf = ({ status }: IntentView): string => status.message ?? "it waits to be looked at";
const listOf = (sources: readonly Source[]): string =>
  sources
    .slice(0, 20)
    .map(({ task }) => task)
    .join(", ") + (sources.length > 20 ? ", ..." : "");

async function sourcesAt(
  { providers }: ApiWorld,
  view: IntentView,
  { provider, namespace, tasks }: Place,
): Promise<readonly Source[]> {
  const client = providers.get(provider)?.client();
  if (client === undefined) throw unreachable(provider, undefined);
  const labelSelector = Object.entries(podSelector(view))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const pods: KubeTaskPod[] = [];
  try {
    const pages = client.list<KubeTaskPod>(
      PODS,
      { namespace, labelSelector },
      { timeoutMs: 10_000, retries: 1 },
    );
    for await (const { items } of pages) pods.push(...items);
  } catch (error) {
    throw providerFailure(provider, error);
  }
  return taskPods(pods, tasks.length).map((pod) => ({ ...pod, provider, namespace, client }));
}

/** The beginning of a log; its failure is told by `failure`, so that nothing is rejected that nobody waits for. */
interface OpenLog {
  readonly chunks: Promise<AsyncIterator<Uint8Array>>;
  readonly begun: Promise<unknown>;
}

function openLog({ client, namespace, name, provider }: Source, asked: Query, signal: AbortSignal): OpenLog {
  const tail = asked.tail === undefined ? "" : `&tailLines=${asked.tail}`;
  const follow = asked.follow === "true" ? "&follow=true" : `&limitBytes=${MOST_BYTES}`;
  const chunks = client
    .stream({
      method: "GET",
      path: `${resourcePath(PODS, { namespace, name, subresource: "log" })}?container=${MAIN_CONTAINER}${tail}${follow}`,
      what: "read a log",
      signal,
      timeoutMs: asked.follow === "true" ? FOLLOW_MS : 15_000,
      retries: 0,
    })
    .catch((error: unknown) => {
      throw providerFailure(provider, error);
    });
  return {
    chunks,
    begun: chunks.then(
      () => undefined,
      (error: unknown) => error,
    ),
  };
}

/** Throws where none of the logs can be read; what fails of some is told among the others. */
async function requireReadable(logs: readonly OpenLog[]): Promise<void> {
  const waited = new AbortController();
  const late = sleep(OPEN_MS, waited.signal).then(() => undefined);
  const failures = await Promise.all(logs.map(({ begun }) => Promise.race([begun, late])));
  waited.abort();
  const [first] = failures;
  if (first !== undefined && failures.every((failure) => failure !== undefined)) throw first;
}

async function* textOf(
  logs: readonly { readonly task: number; readonly log: OpenLog }[],
  { isPrefixed, limit }: { readonly isPrefixed: boolean; readonly limit: { isOver(): boolean } },
): AsyncGenerator<Uint8Array, void> {
  const sources = logs.map(({ task, log }): TaskLog => ({ task, chunks: lateLog(log) }));
  yield* mergeLogs(sources, { mostBytes: MOST_BYTES, isPrefixed });
  if (limit.isOver()) yield notice("the time for one answer is over; ask again");
}

/** A log whose first bytes may still be on their way. */
async function* lateLog({ chunks }: OpenLog): AsyncGenerator<Uint8Array, void> {
  const iterator = await chunks;
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } catch (error) {
    // The reader has gone, or the time is over.
    if (!isKubeError(error, "aborted")) throw error;
  } finally {
    await iterator.return?.();
  }
}

/** The text as long as its reader may see it: their token is shown again now and then. */
async function* whileAllowed(
  text: AsyncGenerator<Uint8Array, void>,
  signal: AbortSignal,
  watchman: Watchman,
): AsyncGenerator<Uint8Array, void> {
  let next = text.next();
  try {
    while (!signal.aborted) {
      const turn = createLimit(signal, LOOK_MS);
      const came = await Promise.race([next, ended(turn.signal)]);
      turn.dispose();
      const isQuiet = came === "quiet" || came === undefined;
      if ((isQuiet && signal.aborted) || !(await watchman.letsOn())) return;
      if (isQuiet) continue;
      if (came.done === true) return;
      yield came.value;
      next = text.next();
    }
  } finally {
    void text.return().catch(() => undefined);
  }
}

const ended = (signal: AbortSignal): Promise<"quiet"> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve("quiet");
    else signal.addEventListener("abort", () => resolve("quiet"), { once: true });
  });

/** What a provider said, without the call and where it went. */
function providerFailure(provider: string, error: unknown): ApiError {
  if (isKubeError(error, "forbidden"))
    return new ApiError(
      "CONFLICT",
      `provider ${provider} does not let the hub read logs: ClusterRole flare-hub-logs is to be bound there`,
      { cause: error },
    );
  if (isKubeError(error, "bad-request"))
    return new ApiError("CONFLICT", "the container has not started yet", { cause: error });
  if (isKubeError(error, "not-found"))
    return new ApiError("CONFLICT", "the pod is gone; ask again", { cause: error });
  return unreachable(provider, error);
}

const unreachable = (provider: string, cause: unknown): ApiError =>
  new ApiError("UNAVAILABLE", `the logs of provider ${provider} cannot be read at present`, {
    cause,
    retryAfterSeconds: 5,
  });
