/**
 * The same objects in a sandbox, where simulated controllers work, and in another API server, which has schemas, pruning
 * and controllers of its own. What changes on either side is told to the other one; of two changes to one object at the
 * same time both are kept, as patches.
 */
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { isKubeError } from "../../src/kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../src/kubernetes/objects.ts";
import { createReflector } from "../../src/kubernetes/reflector.ts";
import type { Kernel } from "../../src/sandbox/kernel.ts";
import type { KubeObject as SandboxObject } from "../../src/sandbox/object.ts";
import type { StoreEvent } from "../../src/sandbox/store.ts";
import { prunedOf } from "./pruned.ts";
import { withoutNulls } from "./recording.ts";

export interface MirroredKind extends Resource {
  readonly kind: string;
}

export interface Mirror {
  /** What the other server refused of the sandbox's objects, or did not keep of them. */
  readonly problems: readonly string[];
  stop(): Promise<void>;
}

/** How objects of the sandbox are put on the other server, and what they are when they come back. */
export interface Translation {
  readonly out: <T>(object: T) => T;
  readonly back: <T>(object: T) => T;
}

const LITERAL: Translation = { out: (object) => object, back: (object) => object };

type Seen = SandboxObject | "gone";

/** One object, while writes to the other server are on their way and after. */
interface Entry {
  writes: Promise<void>;
  pending: number;
  /** The newest of it that the other server told meanwhile. */
  seen: Seen | undefined;
  version: bigint;
}

const keyIn = ({ metadata }: KubeObject): string => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
const versionOf = ({ metadata }: KubeObject): bigint => BigInt(metadata?.resourceVersion ?? "0");

/** Starts it; resolves when both sides have the same. */
export async function startMirror(
  kernel: Kernel,
  client: KubeClient,
  kinds: readonly MirroredKind[],
  translation: Translation = LITERAL,
): Promise<Mirror> {
  const problems: string[] = [];
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const mirrors = kinds.map((kind) => {
    // Built-in kinds are the same everywhere.
    const { out, back } = kind.group === "" ? LITERAL : translation;
    return mirrorKind({ kernel, client, kind, problems, out, back });
  });
  const unsubscribe = kernel.store.subscribe((event) => {
    for (const mirror of mirrors) mirror.take(event);
  });
  const running = mirrors.map((mirror) => mirror.run(ending.signal));
  await Promise.all(mirrors.map((mirror) => mirror.synced));
  return {
    problems,
    stop: async () => {
      unsubscribe();
      ending.abort();
      await Promise.all([...running, ...mirrors.map((mirror) => mirror.settled())]);
    },
  };
}

interface Work extends Translation {
  readonly kernel: Kernel;
  readonly client: KubeClient;
  readonly kind: MirroredKind;
  readonly problems: string[];
}

function mirrorKind(work: Work) {
  const { kernel, client, kind, problems, back } = work;
  const storage = `${kind.group}/${kind.plural}`;
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const entries = new Map<string, Entry>();
  let absorbing = false;
  const entryOf = (key: string): Entry => {
    const entry = entries.get(key) ?? {
      writes: Promise.resolve(),
      pending: 0,
      seen: undefined,
      version: 0n,
    };
    entries.set(key, entry);
    return entry;
  };
  const absorb = (key: string, entry: Entry): void => {
    const { seen } = entry;
    entry.seen = undefined;
    const [namespace = "", name = ""] = key.split("/");
    const known = kernel.store.get(storage, namespace === "" ? undefined : namespace, name);
    absorbing = true;
    try {
      if (seen === "gone") {
        if (known !== undefined) kernel.store.remove(storage, known);
      } else if (seen !== undefined && versionOf(seen) > entry.version) {
        entry.version = versionOf(seen);
        // Within the sandbox an object's owners are told by the uid that it has there.
        const { uid = seen.metadata.uid, ownerReferences } = known?.metadata ?? {};
        const metadata = { ...seen.metadata, uid, ...(ownerReferences && { ownerReferences }) };
        kernel.store.put(storage, { ...seen, apiVersion, kind: kind.kind, metadata } as SandboxObject);
      }
    } finally {
      absorbing = false;
    }
  };
  const see = (key: string, seen: Seen): void => {
    const entry = entryOf(key);
    const isNewer =
      entry.seen === undefined ||
      seen === "gone" ||
      (entry.seen !== "gone" && versionOf(seen) > versionOf(entry.seen));
    if (isNewer) entry.seen = seen;
    if (entry.pending === 0) absorb(key, entry);
  };
  const take = (event: Pick<StoreEvent, "type" | "resource" | "object" | "previous">): void => {
    if (absorbing || event.resource !== storage) return;
    const key = keyIn(event.object);
    const entry = entryOf(key);
    entry.pending += 1;
    entry.writes = entry.writes.then(async () => {
      try {
        for await (const kept of write(work, event)) see(key, back(kept));
      } catch (error) {
        // Somebody on the other side was quicker, and is heard of.
        if (!isKubeError(error, "not-found") && !isKubeError(error, "conflict"))
          problems.push(`${kind.plural} ${key}: ${String(error)}`);
      }
      entry.pending -= 1;
      if (entry.pending === 0) absorb(key, entry);
    });
  };
  let isSynced = (): void => undefined;
  const synced = new Promise<void>((resolve) => {
    isSynced = resolve;
  });
  const reflector = createReflector<KubeObject, SandboxObject>({
    client,
    resource: kind,
    transform: (object) => back(object as SandboxObject),
    onChange: (change) =>
      change.type === "deleted"
        ? see(keyIn(change.previous), "gone")
        : see(keyIn(change.value), change.value),
    onHandlerError: (error) => problems.push(`${kind.plural}: ${String(error)}`),
    onState: (state) => {
      if (state.name === "SYNCED") isSynced();
    },
  });
  return {
    take,
    synced,
    settled: () => Promise.all([...entries.values()].map(({ writes }) => writes)),
    run: async (signal: AbortSignal): Promise<void> => {
      for (const object of kernel.store.list(storage))
        take({ type: "ADDED", resource: storage, object, previous: undefined });
      await reflector.run(signal);
    },
  };
}

/** Does to the other server what was done to the sandbox; yields the object as it is there after each request. */
async function* write(
  { client, kind, problems, out }: Work,
  { type, object, previous }: Pick<StoreEvent, "type" | "object" | "previous">,
): AsyncGenerator<SandboxObject> {
  const target = { name: object.metadata.name, namespace: object.metadata.namespace };
  const status = { ...target, subresource: "status" };
  const check = (written: unknown, kept: SandboxObject): SandboxObject => {
    // Built-in kinds write quantities and times in their own way.
    if (kind.group !== "")
      problems.push(...prunedOf(written, kept).map((what) => `${kind.plural} ${keyIn(object)}${what}`));
    return kept;
  };
  const patched = async (where: typeof target, change: object): Promise<SandboxObject> => {
    const patch = out(change);
    return check(withoutNulls(patch), await client.patch<SandboxObject>(kind, where, patch));
  };
  if (type === "DELETED") {
    await client.patch(kind, target, { metadata: { finalizers: null } });
    return client.delete(kind, target);
  }
  const [before, after] = [partsOf(previous), partsOf(object)];
  if (type === "ADDED") {
    const { apiVersion, kind: name } = object;
    const made = out({ apiVersion, kind: name, ...after.main });
    yield check(made, await createIn(client, kind, made as KubeObject));
  }
  const main = type === "ADDED" ? undefined : mergePatch(before.main, after.main);
  if (main !== undefined) yield await patched(target, main);
  // A real API server taints a new Node, which the simulated ones do not expect.
  if (type === "ADDED" && kind.plural === "nodes")
    yield await patched(target, { spec: { taints: (after.main as SeenSpec).spec?.taints ?? null } });
  const rest = mergePatch(before.status, after.status);
  if (rest !== undefined && kind.plural !== "namespaces") yield await patched(status, rest);
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  if (isDeleted && previous?.metadata.deletionTimestamp === undefined) await client.delete(kind, target);
}

/** A namespace that was made just before may not be there yet: each kind is written by itself. */
async function createIn(client: KubeClient, kind: Resource, object: KubeObject): Promise<SandboxObject> {
  for (let tries = 0; ; tries++) {
    try {
      return await client.create<SandboxObject>(kind, object);
    } catch (error) {
      if (!isKubeError(error, "not-found") || tries > 200) throw error;
      await sleep(25);
    }
  }
}

interface SeenSpec {
  readonly spec?: { readonly taints?: unknown };
}

interface Parts {
  readonly main: object;
  readonly status: object;
}

/** What its writer says of an object; owners are known by uids that are others elsewhere. */
function partsOf(object: SandboxObject | undefined): Parts {
  if (object === undefined) return { main: {}, status: {} };
  const {
    status,
    metadata,
    apiVersion: _,
    kind: __,
    ...rest
  } = object as SandboxObject & { status?: object };
  const { name, namespace, labels, annotations, finalizers } = metadata;
  const kept = Object.entries({ name, namespace, labels, annotations, finalizers });
  return {
    main: {
      ...rest,
      metadata: Object.fromEntries(kept.filter(([, value]) => value !== undefined)),
    },
    status: status === undefined ? {} : { status },
  };
}

/** RFC 7386: what makes one of the other; undefined where they are the same. */
function mergePatch(before: object, after: object): object | undefined {
  const [from, to] = [before, after] as [Record<string, unknown>, Record<string, unknown>];
  const changes = Object.fromEntries(
    [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => {
      const change = changeOf(from[key], to[key]);
      return change === undefined ? [] : [[key, change]];
    }),
  );
  return Object.keys(changes).length === 0 ? undefined : changes;
}

function changeOf(from: unknown, to: unknown): unknown {
  if (to === undefined) return from === undefined ? undefined : null;
  if (isMap(from) && isMap(to)) return mergePatch(from, to);
  return JSON.stringify(from) === JSON.stringify(to) ? undefined : to;
}

const isMap = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
