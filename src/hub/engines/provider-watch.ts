import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { KubeObject, Resource } from "../../kubernetes/objects.ts";
import { createReflector } from "../../kubernetes/reflector.ts";
import { type Change, keyOf } from "../../kubernetes/reflector-store.ts";
import { KEYS, ownedSelector } from "../../workload/identity.ts";
import type { FoundPlace } from "./engine.ts";
import { DEPLOYMENTS, INGRESSES, JOBS, NAMESPACES, PODS } from "./resources.ts";

/** What is watched of this hub's workloads in a provider. */
const WATCHED: readonly (readonly [kind: string, resource: Resource])[] = [
  ["Namespace", NAMESPACES],
  ["Job", JOBS],
  ["Deployment", DEPLOYMENTS],
  ["Ingress", INGRESSES],
  ["Pod", PODS],
];
/** Kinds whose end is not the ordinary course of things. */
const LASTING: readonly string[] = ["Namespace", "Job", "Deployment"];

export interface ProviderWatchOptions {
  readonly provider: string;
  readonly hub: string;
  readonly client: KubeClient;
  /** Told the uid of an Intent of which something changed; `lost` where an object of it that should last is gone. */
  readonly onChange: (uid: string, lost: { readonly namespace: string } | undefined) => void;
  /** Everything that is there has been read: what was told before could not be seen whole, and what is gone is told now. */
  readonly onSynced: () => void;
  readonly onError: (error: unknown) => void;
}

/** The objects of this hub's Intents in one provider, as they change. */
export interface ProviderWatch {
  readonly client: KubeClient;
  /** Whether everything that is there has been read. */
  synced(): boolean;
  /** What is seen of an Intent in a namespace. */
  objects(uid: string, namespace: string): readonly KubeObject[];
  /** A namespace of this hub's, as it was seen last. */
  namespace(name: string): KubeObject | undefined;
  namespaces(): readonly FoundPlace[];
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the watch of one provider; nothing happens before `run`. */
export function createProviderWatch(options: ProviderWatchOptions): ProviderWatch {
  const byIntent = new Map<string, Map<string, KubeObject>>();
  const listed = new Set<string>();
  const namespaces = new Map<string, { readonly object: KubeObject; readonly found: FoundPlace }>();

  const take = (kind: string, change: Change<KubeObject>): void => {
    const object = change.type === "deleted" ? change.previous : change.value;
    const uid = object.metadata?.labels?.[KEYS.intentUid] ?? "";
    const objects = byIntent.get(uid) ?? new Map<string, KubeObject>();
    const id = `${kind}/${change.key}`;
    if (change.type === "deleted") objects.delete(id);
    else objects.set(id, object);
    if (objects.size === 0) byIntent.delete(uid);
    else byIntent.set(uid, objects);
    if (kind === "Namespace") noteNamespace(change, object, uid);
    const isLost = change.type === "deleted" && LASTING.includes(kind);
    options.onChange(uid, isLost ? { namespace: namespaceOf(kind, object) } : undefined);
  };
  const noteNamespace = (change: Change<KubeObject>, object: KubeObject, uid: string): void => {
    const key = object.metadata?.annotations?.[KEYS.intent] ?? "";
    if (change.type === "deleted") namespaces.delete(change.key);
    else {
      const found = { provider: options.provider, namespace: change.key, uid, key };
      namespaces.set(change.key, { object, found });
    }
  };
  const reflectors = WATCHED.map(([kind, resource]) =>
    createReflector<KubeObject, KubeObject>({
      client: options.client,
      resource,
      labelSelector: ownedSelector(options.hub),
      transform: (object) => slim(kind, object),
      onChange: (change) => take(kind, change),
      onHandlerError: options.onError,
      onState: (state) => {
        if (state.name !== "SYNCED" || listed.has(kind)) return;
        listed.add(kind);
        if (listed.size === WATCHED.length) options.onSynced();
      },
    }),
  );
  return {
    client: options.client,
    synced: () => listed.size === WATCHED.length,
    objects: (uid, namespace) =>
      [...(byIntent.get(uid)?.values() ?? [])].filter(({ metadata }) => metadata?.namespace === namespace),
    namespace: (name) => namespaces.get(name)?.object,
    namespaces: () => [...namespaces.values()].map(({ found }) => found),
    run: async (signal) => {
      await Promise.all(reflectors.map((reflector) => reflector.run(signal)));
    },
  };
}

const namespaceOf = (kind: string, object: KubeObject): string =>
  kind === "Namespace" ? keyOf(object) : (object.metadata?.namespace ?? "");

/** Lists leave the kind out; who owns which field is nobody's business here, and most of an object's size. */
function slim(kind: string, { metadata, ...object }: KubeObject): KubeObject {
  const { managedFields: _, ...kept } = metadata ?? {};
  return { ...object, kind, metadata: kept };
}
