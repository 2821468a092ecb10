import { createEndpointSource, type EndpointSource } from "./endpoint.ts";
import type { KubeClient, ListPage, ListQuery, WatchOptions, WatchQuery } from "./kube-client.ts";
import { isKubeError } from "./kube-error.ts";
import type { KubeConfigSource } from "./kubeconfig.ts";
import { describeCall, type KubeObject, type Resource, resourcePath } from "./objects.ts";
import { type CallOptions, createRequester, type Requester } from "./requester.ts";
import { sleep as realSleep, type Sleep } from "./timing.ts";
import { readChunks } from "./transport.ts";
import { readEvents } from "./watch.ts";
import { WATCH_SILENCE_MS } from "./watch-silence.ts";
import { writers } from "./writers.ts";

export interface ClientOptions extends KubeConfigSource {
  readonly userAgent?: string;
  /** Largest answer that is read, default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Largest watch event that is read, default 8 MiB. */
  readonly maxLineBytes?: number;
  readonly now?: () => number;
  readonly sleep?: Sleep;
}

/**
 * Creates a client. Nothing is read or connected before the first call.
 * @example const client = createClient({ context: "prod" }); const node = await client.get(NODES, { name: "gpu-1" });
 */
export function createClient(options: ClientOptions = {}): KubeClient {
  const endpoints = createEndpointSource(options, options.now);
  const requester = createRequester({
    endpoints,
    userAgent: options.userAgent ?? "flare",
    maxBodyBytes: options.maxBodyBytes ?? 64 * 1024 * 1024,
    sleep: options.sleep ?? realSleep,
  });
  const server = async (): Promise<string> => (await endpoints.current()).url.origin;
  return {
    ...readers(requester, endpoints, options.maxLineBytes ?? 8 * 1024 * 1024),
    ...writers(requester),
    raw: (call) => requester.text({ what: `${call.method} ${call.path}`, ...call }),
    stream: async (call) => {
      const what = call.what ?? `${call.method} ${call.path}`;
      return readChunks(await requester.stream({ ...call, what }), what, await server());
    },
    server,
    close: () => endpoints.close(),
  };
}

type Readers = Pick<KubeClient, "get" | "list" | "watch">;

function readers(requester: Requester, endpoints: EndpointSource, maxLineBytes: number): Readers {
  return {
    get: (resource, target, options) =>
      requester.json({
        ...options,
        what: describeCall("get", resource, target),
        method: "GET",
        path: resourcePath(resource, target),
      }),
    list: (resource, query = {}, options = {}) => listPages(requester, resource, query, options),
    watch: async function* <T extends KubeObject>(
      resource: Resource,
      query: WatchQuery,
      options: WatchOptions = {},
    ) {
      const { namespace, ...rest } = query;
      const what = describeCall("watch", resource, { namespace });
      const path = resourcePath(resource, { namespace });
      const stream = await requester.stream({
        ...options,
        what,
        method: "GET",
        path,
        query: { ...rest, watch: true, allowWatchBookmarks: true },
      });
      options.onOpen?.();
      const { url } = await endpoints.current();
      try {
        yield* readEvents<T>(stream, {
          what,
          server: url.origin,
          silenceMs: options.silenceMs ?? WATCH_SILENCE_MS,
          maxLineBytes,
        });
      } catch (error) {
        if (isKubeError(error, "silent")) endpoints.dropIdle();
        throw error;
      }
    },
  };
}

interface ListBody<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

async function* listPages<T extends KubeObject>(
  requester: Requester,
  resource: Resource,
  query: ListQuery,
  options: CallOptions,
): AsyncGenerator<ListPage<T>, void> {
  const { namespace, resourceVersion, limit = 500, ...selectors } = query;
  const what = describeCall("list", resource, { namespace });
  let token: string | undefined;
  do {
    // The token carries the resourceVersion; the server refuses both together.
    const position = token === undefined ? { resourceVersion } : { continue: token };
    const body: ListBody<T> = await requester.json({
      ...options,
      what,
      method: "GET",
      path: resourcePath(resource, { namespace }),
      query: { ...selectors, ...position, limit },
    });
    token = body.metadata?.continue || undefined;
    yield { items: body.items ?? [], resourceVersion: body.metadata?.resourceVersion ?? "" };
  } while (token !== undefined);
}
