import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { Logger } from "../../observability/logger.ts";
import { ApiError, errorBody, errorHeaders } from "./api-error.ts";
import { type Authenticator, type Caller, type Identity, requirePermission } from "./auth/authenticate.ts";
import { addressKey, type ClientAddress } from "./client-address.ts";
import { ERROR_CODES } from "./error-codes.ts";
import { parseJson, readBytes, requireJson } from "./json-body.ts";
import type { RateLimit } from "./rate-limit.ts";
import { bodyResponse, bytesResponse, chunksResponse, eventsResponse, SECURITY_HEADERS } from "./response.ts";
import type { ApiRequest, Reply, Route } from "./route.ts";

type Env = { readonly Bindings: HttpBindings };

export interface AppOptions {
  readonly routes: readonly Route[];
  readonly auth: Authenticator;
  readonly perToken: RateLimit;
  readonly perAddress: RateLimit;
  readonly clientAddress: ClientAddress;
  /** Told of each answer. */
  readonly onAnswer: (answer: {
    readonly method: string;
    readonly path: string;
    readonly status: number;
  }) => void;
  readonly log: Logger;
  /** Ends answers that go on. */
  readonly ending: AbortSignal;
  readonly isTls: boolean;
}

/** The reference has its paths under `/api/v1`; clients of its first implementation know them at the root. */
const ROOTS = ["/api/v1", ""];

/** What is known of a request before anything is decided. */
interface Incoming {
  readonly context: Context<Env>;
  readonly address: string;
  readonly requestId: string;
  /** What every answer to it says. They go into it from the start: headers that are changed later cost as much as the rest. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the routes one application: each request is let in, read, answered, and whatever goes wrong told in one form. */
export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>({ strict: false });
  const guarded =
    (path: string, answer: (incoming: Incoming) => Promise<Response>) => async (context: Context<Env>) => {
      const incoming = incomingOf(options, context);
      const response = await answer(incoming).catch((error: unknown) =>
        errorResponse(options, incoming, error),
      );
      options.onAnswer({ method: context.req.method, path, status: response.status });
      return response;
    };
  for (const path of new Set(options.routes.map((route) => route.path))) {
    const own = options.routes.filter((route) => route.path === path);
    // One handler for all methods: two that match the same request are composed, which takes longer than either of them.
    const byMethod = new Map<string, Route>(own.map((route) => [route.method, route]));
    const handler = guarded(path, (incoming) => {
      const { method } = incoming.context.req;
      const route = byMethod.get(method === "HEAD" ? "GET" : method);
      return route === undefined || (method === "HEAD" && route.goesOn)
        ? Promise.reject(wrongMethod(incoming, own))
        : answer(options, route, incoming);
    });
    for (const root of ROOTS) app.all(root + path.replaceAll(/\{(\w+)\}/g, ":$1"), handler);
  }
  const nowhere = guarded("", async ({ context }) => {
    throw new ApiError(
      "NOT_FOUND",
      `there is no ${context.req.path.slice(0, 200)}; /openapi.json has what there is`,
    );
  });
  app.notFound(nowhere);
  return app;
}

const REQUEST_ID = /^[\w.:-]{1,64}$/;

function incomingOf({ clientAddress, isTls }: AppOptions, context: Context<Env>): Incoming {
  const given = context.req.header("X-Request-Id");
  const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
  return {
    context,
    // Without a socket, in tests of the application alone, there is no address.
    address: clientAddress(
      context.env?.incoming?.socket.remoteAddress,
      context.req.header("X-Forwarded-For"),
    ),
    requestId,
    headers: { ...(isTls ? TLS_HEADERS : SECURITY_HEADERS), "X-Request-Id": requestId },
  };
}

async function answer(options: AppOptions, route: Route, incoming: Incoming): Promise<Response> {
  const { context, address } = incoming;
  requireTurn(options.perAddress, addressKey(address), "from your address");
  const identify = (): Promise<Identity> =>
    options.auth.identify(context.req.header("Authorization"), address);
  const callerOf = (identity: Identity): Promise<Caller> =>
    options.auth.callerOf(identity, context.req.header("X-Flare-Tenant"));
  const again = async (): Promise<Caller> => callerOf(await identify());
  if (route.access === "public")
    return respond(incoming, await route.handle(await requestOf(options, route, incoming, again)));
  const identity = await identify();
  requireTurn(options.perToken, identity.key, "with your token");
  if (route.access === "identity")
    return respond(incoming, await route.handle(await requestOf(options, route, incoming, again), identity));
  const caller = await callerOf(identity);
  requirePermission(caller, route.access);
  // The body of somebody who may not send one is not read.
  return respond(incoming, await route.handle(await requestOf(options, route, incoming, again), caller));
}

function requireTurn(limit: RateLimit, key: string, whose: string): void {
  const retryAfterSeconds = limit.take(key);
  if (retryAfterSeconds !== undefined)
    throw new ApiError("RATE_LIMITED", `too many requests ${whose}`, { retryAfterSeconds });
}

async function requestOf(
  { ending }: AppOptions,
  route: Route,
  { context, address, requestId }: Incoming,
  again: ApiRequest["again"],
): Promise<ApiRequest> {
  const { req } = context;
  return {
    params: req.param() as Readonly<Record<string, string>>,
    query: queryOf(req.url),
    header: (name) => req.header(name),
    body: route.body === undefined ? undefined : await bodyOf(context),
    address,
    requestId,
    signal: () => AbortSignal.any([req.raw.signal, ending]),
    again,
  };
}

/** The part of an address that the whole of it is not parsed for. */
function queryOf(url: string): string {
  const start = url.indexOf("?");
  return start === -1 ? "" : url.slice(start + 1);
}

async function bodyOf({ req }: Context<Env>): Promise<unknown> {
  requireJson(req.header("Content-Type"), req.header("Content-Encoding"));
  return parseJson(await readBytes(req.raw.body));
}

function respond({ context, headers: common }: Incoming, told: Reply): Promise<Response> | Response {
  const acceptEncoding = context.req.header("Accept-Encoding");
  const reply = { ...told, headers: { ...common, ...told.headers } };
  if ("bytes" in reply) return bytesResponse(reply, acceptEncoding);
  if ("events" in reply) return eventsResponse(reply);
  if ("chunks" in reply) return chunksResponse(reply);
  return bodyResponse(reply, acceptEncoding);
}

function wrongMethod({ context }: Incoming, routes: readonly Route[]): ApiError {
  const allow = routes.map(({ method }) => method).join(", ");
  return new ApiError("METHOD_NOT_ALLOWED", `${context.req.method} is not possible here; ${allow} is`, {
    headers: { Allow: allow },
  });
}

function errorResponse(
  { log }: AppOptions,
  incoming: Incoming,
  thrown: unknown,
): Promise<Response> | Response {
  const { context, requestId } = incoming;
  const error = asApiError(thrown);
  const { status } = ERROR_CODES[error.code];
  if (status >= 500) {
    const { method, path } = context.req;
    const facts = { requestId, method, path, error: String(error.cause ?? thrown) };
    if (error.code === "INTERNAL") log.error({ ...facts, stack: stackOf(thrown) }, "a request failed");
    else log.warn(facts, error.message);
  }
  const body = errorBody(error, requestId);
  return respond(incoming, { status, headers: errorHeaders(error), body });
}

function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (isKubeError(thrown))
    return new ApiError("UNAVAILABLE", "the hub cannot reach what it needs at present", {
      cause: thrown,
      retryAfterSeconds: 5,
    });
  return new ApiError("INTERNAL", "the hub failed at this; its log has more under the request id", {
    cause: thrown,
  });
}

const stackOf = (thrown: unknown): string | undefined => (thrown instanceof Error ? thrown.stack : undefined);

const TLS_HEADERS = { ...SECURITY_HEADERS, "Strict-Transport-Security": "max-age=31536000" };
