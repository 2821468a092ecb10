import { type Coalescer, createCoalescer } from "../kubernetes/coalescer.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import { backoffDelay, sleep } from "../kubernetes/timing.ts";
import { startHealthServer } from "../observability/health-server.ts";
import { createAgentHealth } from "./health.ts";
import { type AgentDeps, type AgentOptions, EXIT, type ExitCode } from "./options.ts";
import { watchFolder } from "./overlay.ts";
import { createPass, type Pass } from "./pass.ts";
import { startSchedule } from "./schedule.ts";
import { type AgentShell, createShell } from "./shell.ts";
import { createSources } from "./sources.ts";
import { type RunningWatch, type WatchContext, watchConfigMap, watchNode, watchSlices } from "./watches.ts";

/** The node watch changes state at least every five minutes, with backoff twice that. */
const ALIVE_WITHIN_MS = 15 * 60_000;
/** Tables and slices that are slow to come do not hold the first pass up for longer. */
const STARTUP_WAIT_MS = 5000;
/** An API that has no ResourceSlices gets them by an upgrade: seldom. */
const DISCOVERY_MS = 60 * 60_000;

/** The agent as a daemon: watches, passes, serves health and metrics, until the signal aborts. */
export async function runLoop(options: AgentOptions, deps: AgentDeps): Promise<ExitCode> {
  const now = deps.now ?? Date.now;
  const { signal } = deps;
  const shell = createShell(options, deps);
  const sources = await createSources(options, deps.compile);
  const health = createAgentHealth(ALIVE_WITHIN_MS, now);
  const server =
    options.listen && (await startHealthServer({ ...options.listen, ...health, metrics: shell.registry }));
  if (server !== undefined) deps.onListening?.(server.port);

  let started = false;
  const context: WatchContext = {
    options,
    deps,
    sources,
    metrics: shell.metrics,
    health,
    signal,
    changed: () => changed(),
  };
  const coalescer = createCoalescer(
    { ...options, now },
    worker(context, shell, () => coalescer),
  );
  const changed = (): void => {
    if (started) coalescer.trigger();
  };
  const watches: Promise<void>[] = [];
  try {
    await startSources(context, watches, now);
    started = true;
    coalescer.trigger(true);
    await until(signal);
    return EXIT.done;
  } finally {
    await coalescer.stop();
    await shell.flush();
    await server?.close();
    if (signal.aborted) await Promise.all(watches);
  }
}

/** Starts everything that feeds the passes and waits, not for ever, until each has told what there is now. */
async function startSources(
  context: WatchContext,
  watches: Promise<void>[],
  now: () => number,
): Promise<void> {
  const { options, sources, signal, changed, deps } = context;
  const refresh = (): void => {
    sources
      .refresh()
      .then(changed, (error: unknown) => deps.log.error({ error: String(error) }, "the full pass failed"));
  };
  const keep = (watch: RunningWatch): Promise<void> => {
    watches.push(watch.stopped);
    return watch.synced;
  };
  const findSlices = createSliceFinder(context, keep, now);
  const first = [sources.refresh(), keep(watchNode(context))];
  if (options.overlayConfigMap !== undefined) {
    sources.setTablesPending(true);
    const read = keep(watchConfigMap(context, options.overlayConfigMap)).then(() => {
      sources.setTablesPending(false);
      changed();
    });
    first.push(read);
  }
  if (options.dra) first.push(findSlices());
  if (options.overlayFolder !== undefined) watchFolder(options.overlayFolder, refresh, signal);
  const fullPass = (): void => {
    refresh();
    if (options.dra) void findSlices();
  };
  await startSchedule(options.schedule, fullPass, signal, deps.random);
  const enough = new AbortController();
  signal.addEventListener("abort", () => enough.abort(), { once: true });
  await Promise.race([Promise.all(first), sleep(STARTUP_WAIT_MS, enough.signal)]);
  enough.abort();
}

/** Looks for ResourceSlices once in a while until the API has them. */
function createSliceFinder(
  context: WatchContext,
  keep: (watch: RunningWatch) => Promise<void>,
  now: () => number,
): () => Promise<void> {
  let nextAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() < nextAt || context.signal.aborted) return;
    nextAt = now() + DISCOVERY_MS;
    try {
      const watch = await watchSlices(context);
      if (watch === undefined) return;
      nextAt = Number.POSITIVE_INFINITY;
      await keep(watch);
    } catch (error) {
      nextAt = now();
      context.deps.log.debug(
        { error: String(error) },
        "could not ask the API for ResourceSlices; trying again later",
      );
    }
  };
}

/** The work of the coalescer: one pass, its outcome told, the next one planned. */
function worker(context: WatchContext, shell: AgentShell, coalescer: () => Coalescer): () => Promise<void> {
  const { sources, health, deps, signal, options } = context;
  const now = deps.now ?? Date.now;
  const pass: Pass = createPass(shell.pass);
  let failures = 0;
  const retry = (error: unknown): void => {
    failures += 1;
    const message = error instanceof Error ? error.message : String(error);
    // What is no answer of the API is a fault of ours: show where.
    const stack = isKubeError(error) || !(error instanceof Error) ? {} : { stack: error.stack };
    if (failures === 1) deps.log.error({ node: options.node, ...stack }, message);
    health.report(false, message);
    shell.metrics.passEnded("failed", now());
    const asked = isKubeError(error) ? (error.retryAfterMs ?? 0) : 0;
    coalescer().triggerIn(Math.max(asked, backoffDelay(failures, deps.random ?? Math.random)));
  };
  return async () => {
    const snapshot = sources.snapshot();
    shell.metrics.overlayProblems(sources.overlay.problems.length);
    if (snapshot === undefined) return shell.forget();
    try {
      const report = await pass(snapshot, signal);
      sources.setNode(report.view);
      failures = 0;
      shell.metrics.passEnded(report.result, now());
      health.report(true, report.message);
      if (report.recheckAt !== undefined) coalescer().triggerIn(report.recheckAt - now());
    } catch (error) {
      if (!signal.aborted) retry(error);
    }
  };
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
