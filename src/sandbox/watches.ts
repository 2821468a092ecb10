import type { ServerResponse } from "node:http";
import { ApiError, statusOf } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { type ListTarget, numberOf, predicateOf, resourceVersionOf } from "./lists.ts";
import { groupVersion, type KubeObject, withMeta } from "./object.ts";
import { isTrue } from "./request.ts";
import type { Predicate } from "./selectors.ts";
import type { StoreEvent } from "./store.ts";
import { view } from "./writes.ts";

export interface WatchOptions {
  readonly query: URLSearchParams;
  readonly watches: WatchSet;
  readonly bookmarkIntervalMs: number;
  /** Turns an object into what the client asked for, e.g. a Table. */
  readonly render: (object: KubeObject) => unknown;
}

/** Watches that the sandbox can cut off. */
export interface WatchSet {
  add(end: () => void): () => void;
  endAll(): void;
}

export function createWatchSet(): WatchSet {
  const open = new Set<() => void>();
  return {
    add(end) {
      open.add(end);
      return () => open.delete(end);
    },
    endAll() {
      for (const end of new Set(open)) end();
    },
  };
}

/** A client that lets this much pile up unread is cut off; it can resume from its last resourceVersion. */
const maxBufferedBytes = 16 * 1024 * 1024;
const longestWatchSeconds = 3600;

/** Streams the changes of a list to the response until the client leaves, the time is over, or `watches` ends it. */
export function watch(
  kernel: Kernel,
  target: ListTarget,
  response: ServerResponse,
  options: WatchOptions,
): void {
  const { query } = options;
  const matches = predicateOf(target.type, query);
  const from = resourceVersionOf(query);
  const seconds = numberOf(query, "timeoutSeconds");
  response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
  response.flushHeaders();

  const send: Send = (type, object) => {
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > maxBufferedBytes) response.destroy();
  };
  const forward = (event: StoreEvent): void => {
    const seen = transition(event, target, matches);
    if (seen !== undefined) send(seen.type, options.render(seen.object));
  };
  const past = missedEvents(kernel, target, from, send);
  if (past === "expired") {
    response.end();
    return;
  }
  for (const event of past) forward(event);
  const wantsBookmarks = isTrue(query.get("allowWatchBookmarks"));
  const mark = (notes?: Record<string, string>): void => {
    if (wantsBookmarks) send("BOOKMARK", bookmark(kernel, target, notes));
  };
  if (isTrue(query.get("sendInitialEvents"))) mark({ "k8s.io/initial-events-end": "true" });
  const stop = kernel.store.subscribe((event) => {
    if (event.resource === target.type.storage) forward(event);
  });
  const lifetimeMs = (seconds > 0 ? Math.min(seconds, longestWatchSeconds) : longestWatchSeconds / 2) * 1000;
  keepUntil(response, { mark, stop, lifetimeMs, ...options });
}

interface Lifetime {
  readonly mark: () => void;
  readonly stop: () => void;
  readonly lifetimeMs: number;
  readonly bookmarkIntervalMs: number;
  readonly watches: WatchSet;
}

/** Sends bookmarks until the time is over, the last one at its end, so that the client can resume there. */
function keepUntil(
  response: ServerResponse,
  { mark, stop, lifetimeMs, bookmarkIntervalMs, watches }: Lifetime,
): void {
  const beat = setInterval(() => mark(), bookmarkIntervalMs);
  // A client that reads slowly may take long from the end to the close: nothing more is written to it meanwhile.
  const silence = (): void => {
    stop();
    clearInterval(beat);
  };
  const end = setTimeout(() => {
    mark();
    silence();
    response.end();
  }, lifetimeMs);
  const forget = watches.add(() => response.destroy());
  response.on("close", () => {
    silence();
    forget();
    clearTimeout(end);
  });
}

type Send = (type: string, object: unknown) => void;

/** What happened since the client last looked; a client without a past is sent the present first. */
function missedEvents(
  kernel: Kernel,
  { type, namespace }: ListTarget,
  from: number | undefined,
  send: Send,
): readonly StoreEvent[] | "expired" {
  if (from === undefined || from === 0) {
    return kernel.store
      .list(type.storage, namespace)
      .map((object) => ({ revision: 0, type: "ADDED", resource: type.storage, object, previous: undefined }));
  }
  try {
    return kernel.store.since(from, type.storage);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    send("ERROR", statusOf(error));
    return "expired";
  }
}

/** An event as a watch with selectors sees it: an object that comes to match is added, one that ceases to is deleted. */
function transition(
  event: StoreEvent,
  { type, namespace }: ListTarget,
  matches: Predicate,
): { type: string; object: KubeObject } | undefined {
  if (namespace !== undefined && event.object.metadata.namespace !== namespace) return undefined;
  const object = view(event.object, type);
  const previous = event.previous === undefined ? undefined : view(event.previous, type);
  const before = previous !== undefined && matches(previous);
  if (event.type !== "DELETED" && matches(object)) return { type: before ? "MODIFIED" : "ADDED", object };
  if (!before) return undefined;
  // What no longer matches is shown as it last did.
  const last =
    event.type === "DELETED"
      ? object
      : withMeta(previous, { resourceVersion: object.metadata.resourceVersion });
  return { type: "DELETED", object: last };
}

function bookmark(kernel: Kernel, { type }: ListTarget, annotations?: Record<string, string>): unknown {
  return {
    apiVersion: groupVersion(type.group, type.version),
    kind: type.kind,
    metadata: {
      creationTimestamp: null,
      resourceVersion: String(kernel.store.revision()),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
