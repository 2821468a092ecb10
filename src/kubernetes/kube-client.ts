import type { ApplyOptions, ApplyResult } from "./apply.ts";
import type { KubeObject, Resource, Target } from "./objects.ts";
import type { Call, CallOptions } from "./requester.ts";
import type { WatchEvent } from "./watch.ts";

export interface ListQuery {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Absent: the newest state. `0`: whatever the server has at hand. Otherwise: not older than this. */
  readonly resourceVersion?: string | undefined;
  /** Objects per page, default 500. */
  readonly limit?: number | undefined;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface WatchQuery {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Events after this one. */
  readonly resourceVersion: string;
  /** When the server ends the watch by itself. */
  readonly timeoutSeconds: number;
}

export interface WatchOptions extends CallOptions {
  /** Without a byte for so long the watch fails with `silent`. Default 75 s. */
  readonly silenceMs?: number | undefined;
  /** Called when the server has accepted the watch, before its first event. */
  readonly onOpen?: (() => void) | undefined;
}

/** `merge` RFC 7386, `json` RFC 6902, `strategic` Kubernetes' own for built-in kinds. */
export type PatchType = "merge" | "json" | "strategic";

/** A Kubernetes API server. Objects are plain JSON; every call can be aborted and ends by itself. Throws KubeError. */
export interface KubeClient {
  get<T extends KubeObject>(resource: Resource, target: Target, options?: CallOptions): Promise<T>;
  /** The collection page by page, so that a large one is never held whole. */
  list<T extends KubeObject>(
    resource: Resource,
    query?: ListQuery,
    options?: CallOptions,
  ): AsyncGenerator<ListPage<T>, void>;
  /** Events until the server ends the watch; see `readEvents` for how it fails. */
  watch<T extends KubeObject>(
    resource: Resource,
    query: WatchQuery,
    options?: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void>;
  /** Server-side apply of an object that names itself (`metadata.name`). */
  apply<T extends KubeObject>(
    resource: Resource,
    object: KubeObject,
    options: ApplyOptions & CallOptions & { readonly subresource?: string },
  ): Promise<ApplyResult<T>>;
  patch<T extends KubeObject>(
    resource: Resource,
    target: Target,
    patch: unknown,
    options?: CallOptions & { readonly type?: PatchType },
  ): Promise<T>;
  create<T extends KubeObject>(resource: Resource, object: KubeObject, options?: CallOptions): Promise<T>;
  /** Replaces the object; its resourceVersion makes it optimistic. */
  update<T extends KubeObject>(
    resource: Resource,
    object: KubeObject,
    options?: CallOptions & { readonly subresource?: string },
  ): Promise<T>;
  /** Deletes an object; one that is gone already is no error. */
  delete(resource: Resource, target: Target, options?: CallOptions): Promise<void>;
  /** Any other path, as text: `/version`, `/readyz`, discovery. */
  raw(call: Omit<Call, "what"> & { readonly what?: string }): Promise<string>;
  /**
   * The bytes of an answer that goes on, such as a pod's log; resolves when it has begun. Whoever does not read it to its
   * end calls `return` or aborts.
   */
  stream(call: Omit<Call, "what"> & { readonly what?: string }): Promise<AsyncGenerator<Uint8Array, void>>;
  /** Where the requests go. */
  server(): Promise<string>;
  close(): void;
}
