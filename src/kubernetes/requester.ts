import type { Endpoint, EndpointSource } from "./endpoint.ts";
import { isKubeError, KubeError } from "./kube-error.ts";
import { errorFromResponse } from "./status-error.ts";
import { abortable, type Sleep } from "./timing.ts";
import {
  exchange,
  type HttpAnswer,
  type HttpRequest,
  type HttpStream,
  openStream,
  readBody,
} from "./transport.ts";

/** How one call may be cut short. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number | undefined;
  /** How often to try again when the server says "later" (429, 503 with Retry-After). Default 3. */
  readonly retries?: number | undefined;
}

/** A request by its parts; the query's undefined values are left out. */
export interface Call extends CallOptions {
  /** Names the request in errors: `get nodes "gpu-1"`. */
  readonly what: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** Sends calls to one API server: credentials, retries, errors and limits are settled here. */
export interface Requester {
  /** The answer of a successful call, as text. Throws KubeError for everything else. */
  text(call: Call): Promise<string>;
  /** As `text`, parsed as JSON. The caller vouches for the type. */
  json<T>(call: Call): Promise<T>;
  /** A successful answer that goes on: watches. */
  stream(call: Call): Promise<HttpStream>;
}

export interface RequesterOptions {
  readonly endpoints: EndpointSource;
  readonly userAgent: string;
  readonly maxBodyBytes: number;
  readonly sleep: Sleep;
}

/** A longer wait is the caller's business, whose own backoff sees `retryAfterMs`. */
const LONGEST_RETRY_WAIT_MS = 30_000;

/** Creates the requester of an endpoint. */
export function createRequester(options: RequesterOptions): Requester {
  const text = async (call: Call): Promise<string> => {
    const answer = await withRetries(call, options, () => once(call, options));
    return answer.body;
  };
  return {
    text,
    json: async <T>(call: Call) => parseJson(await text(call), call.what) as T,
    stream: (call) => withRetries(call, options, () => streamOnce(call, options)),
  };
}

async function once(call: Call, options: RequesterOptions): Promise<HttpAnswer> {
  const endpoint = await endpointFor(call, options);
  const answer = await exchange(endpoint, toRequest(call, options.userAgent), options.maxBodyBytes);
  if (answer.status < 200 || answer.status > 299) {
    throw errorFromResponse(call.what, answer.status, answer.headers, answer.body);
  }
  return answer;
}

/** An exec plugin may take its time; the caller need not. */
function endpointFor(call: Call, options: RequesterOptions): Promise<Endpoint> {
  return abortable(
    options.endpoints.current(),
    call.signal,
    () => new KubeError("aborted", `${call.what}: aborted`),
  );
}

async function streamOnce(call: Call, options: RequesterOptions): Promise<HttpStream> {
  const endpoint = await endpointFor(call, options);
  const stream = await openStream(endpoint, toRequest(call, options.userAgent));
  const { message, guard } = stream;
  if (message.statusCode === 200) return stream;
  try {
    const body = await readBody(message, call.what, options.maxBodyBytes);
    throw errorFromResponse(call.what, message.statusCode ?? 0, message.headers, body);
  } finally {
    guard.dispose();
  }
}

async function withRetries<T>(call: Call, options: RequesterOptions, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await withFreshCredentials(options, attempt);
    } catch (error) {
      if (isKubeError(error, "timeout")) options.endpoints.dropIdle();
      const waitMs = tries < (call.retries ?? 3) && error instanceof KubeError ? retryWait(error) : undefined;
      if (waitMs === undefined) throw error;
      await options.sleep(waitMs, call.signal);
    }
  }
}

/** A token may have been renewed on disk since we read it: look again once before giving up. */
async function withFreshCredentials<T>(options: RequesterOptions, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!isKubeError(error, "unauthorized") || !(await options.endpoints.refresh())) throw error;
    return attempt();
  }
}

function retryWait(error: KubeError): number | undefined {
  if (error.status !== 429 && error.status !== 503) return undefined;
  const waitMs = error.retryAfterMs ?? (error.status === 429 ? 1000 : undefined);
  return waitMs !== undefined && waitMs <= LONGEST_RETRY_WAIT_MS ? waitMs : undefined;
}

function toRequest(call: Call, userAgent: string): HttpRequest {
  const headers: Record<string, string> = { Accept: "application/json", "User-Agent": userAgent };
  if (call.body !== undefined) headers["Content-Type"] = call.contentType ?? "application/json";
  return {
    what: call.what,
    method: call.method,
    path: call.path + queryString(call.query ?? {}),
    headers,
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    signal: call.signal,
    timeoutMs: call.timeoutMs ?? 30_000,
  };
}

function queryString(query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  if (pairs.length === 0) return "";
  return `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&")}`;
}

function parseJson(body: string, what: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new KubeError("protocol", `${what}: the answer is not JSON; is the server a Kubernetes API?`, {
      cause: error,
    });
  }
}
