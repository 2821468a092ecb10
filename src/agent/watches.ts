import { CONFIG_MAPS, type KubeObject, NODES, type Resource } from "../kubernetes/objects.ts";
import { createReflector, type Reflector } from "../kubernetes/reflector.ts";
import type { ReflectorState } from "../kubernetes/reflector-state.ts";
import type { Change } from "../kubernetes/reflector-store.ts";
import { findResourceSlices, type ResourceSlice, type SliceView, viewOfSlice } from "./dra.ts";
import type { AgentHealth } from "./health.ts";
import type { AgentMetrics, WatchName } from "./metrics.ts";
import { type KubeNode, type NodeView, viewOfNode } from "./node-view.ts";
import type { AgentDeps, AgentOptions } from "./options.ts";
import { type KubeConfigMap, type OverlaySource, sourcesOfConfigMap } from "./overlay.ts";
import type { Sources } from "./sources.ts";
import { createWatchLog } from "./watch-log.ts";

export interface WatchContext {
  readonly options: AgentOptions;
  readonly deps: AgentDeps;
  readonly sources: Sources;
  readonly metrics: AgentMetrics;
  readonly health: AgentHealth;
  readonly signal: AbortSignal;
  /** Something changed that a pass should look at. */
  readonly changed: () => void;
}

/** A watch that runs until the agent ends. */
export interface RunningWatch {
  /** Resolves when its first list is in. */
  readonly synced: Promise<void>;
  /** Resolves when it has stopped. */
  readonly stopped: Promise<void>;
}

/** Watches the agent's own Node. */
export function watchNode(context: WatchContext): RunningWatch {
  const { node } = context.options;
  const onChange = (change: Change<NodeView>): void => {
    if (change.type === "deleted") nodeMissing(context, `node "${node}" was deleted: waiting for it`);
    else context.sources.setNode(change.value);
    context.changed();
  };
  return start<KubeNode, NodeView>(context, "node", {
    resource: NODES,
    fieldSelector: `metadata.name=${node}`,
    transform: viewOfNode,
    onChange,
    onSynced: (reflector) => {
      if (reflector.get(node) === undefined)
        nodeMissing(context, `node "${node}" does not exist: waiting for it`);
    },
  });
}

function nodeMissing({ deps, sources, health }: WatchContext, message: string): void {
  sources.setNode(undefined);
  health.report(false, message);
  deps.log.warn({}, `${message}; is NODE_NAME (--node) right?`);
}

/** Watches the ConfigMap with the site's tables. Deleting it ends its rules. */
export function watchConfigMap(
  context: WatchContext,
  target: { namespace: string; name: string },
): RunningWatch {
  let settled: Promise<void> = Promise.resolve();
  const update = (sources: readonly OverlaySource[]): void => {
    settled = context.sources.overlay.set("configmap", sources).then(
      (news) => (news ? context.changed() : undefined),
      (error: unknown) =>
        context.deps.log.error({ error: String(error) }, "the site's tables could not be compiled"),
    );
  };
  const watch = start<KubeConfigMap, readonly OverlaySource[]>(context, "configmap", {
    resource: CONFIG_MAPS,
    namespace: target.namespace,
    fieldSelector: `metadata.name=${target.name}`,
    transform: sourcesOfConfigMap,
    onChange: (change) => update(change.type === "deleted" ? [] : change.value),
  });
  return { ...watch, synced: watch.synced.then(() => settled) };
}

/** Watches the ResourceSlices of the node; undefined where the API has none. Throws where it cannot be asked. */
export async function watchSlices(context: WatchContext): Promise<RunningWatch | undefined> {
  const resource = await findResourceSlices(context.deps.client, context.signal);
  if (resource === undefined) return undefined;
  let known: Reflector<SliceView> | undefined;
  const update = (): void => {
    context.sources.setSlices(known?.values() ?? []);
    context.changed();
  };
  return start<ResourceSlice, SliceView>(context, "resourceslices", {
    resource,
    fieldSelector: `spec.nodeName=${context.options.node}`,
    transform: viewOfSlice,
    onChange: update,
    onSynced: (reflector) => {
      known = reflector;
      update();
    },
  });
}

interface WatchSpec<T extends KubeObject, V> {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly fieldSelector: string;
  readonly transform: (object: T) => V;
  readonly onChange: (change: Change<V>) => void;
  readonly onSynced?: (reflector: Reflector<V>) => void;
}

function start<T extends KubeObject, V>(
  context: WatchContext,
  name: WatchName,
  spec: WatchSpec<T, V>,
): RunningWatch {
  const { deps, options, metrics, health, signal } = context;
  const log = createWatchLog(deps.log, name);
  let settle: (() => void) | undefined;
  const synced = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const onState = (state: ReflectorState): void => {
    metrics.watchState(name, state);
    log(state);
    if (name === "node") health.signOfLife();
    if (name === "node" && (state.name === "REFUSED" || state.name === "BROKEN"))
      health.waiting(state.error.message);
    if (state.name !== "SYNCED") return;
    spec.onSynced?.(reflector);
    settle?.();
  };
  const { onSynced: _, ...rest } = spec;
  const reflector: Reflector<V> = createReflector<T, V>({
    ...rest,
    client: deps.client,
    silenceMs: options.silenceMs,
    onHandlerError: (error) =>
      deps.log.error({ watch: name, error: String(error) }, "a change could not be taken in"),
    onState,
    ...(deps.random === undefined ? {} : { random: deps.random }),
    ...(deps.now === undefined ? {} : { now: deps.now }),
    ...(deps.sleep === undefined ? {} : { sleep: deps.sleep }),
  });
  return { synced, stopped: reflector.run(signal) };
}
