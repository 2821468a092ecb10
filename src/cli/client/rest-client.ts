import * as http from "node:http";
import * as https from "node:https";
import type * as z from "zod";
import type { Endpoint } from "../../kubernetes/endpoint.ts";
import type { Sleep } from "../../kubernetes/timing.ts";
import { exchange, type HttpRequest, openStream, readBody } from "../../kubernetes/transport.ts";
import { EXIT_CODES, UserError } from "../exit.ts";
import { ApiFailure, failureOf, NetworkFailure, networkFailure } from "./api-failure.ts";

/** A hub's REST API, and who comes to it. */
export interface RestTarget {
  /** `https://flare.example.com`, without the path of the API. */
  readonly server: string;
  /** Never logged, and never in a message. */
  readonly token: string;
  readonly tenant?: string | undefined;
  /** PEM of who may have signed the server's certificate; absent: whom the system trusts. */
  readonly certificateAuthority?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

export interface RestCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** That it is done once, however often it is sent: only such a call is sent again. GET and DELETE are. */
  readonly idempotent?: boolean;
  readonly signal?: AbortSignal;
}

export interface RestClient {
  readonly server: string;
  /** The answer by its form. Throws UserError, an ApiFailure where the API said no. */
  json<S extends z.ZodType>(call: RestCall, form: S): Promise<z.output<S>>;
  /** The bytes of an answer that goes on, until it ends. A peer that says nothing for `silenceMs` is gone. */
  stream(call: RestCall, silenceMs: number): AsyncGenerator<Buffer, void>;
  close(): void;
}

export interface RestOptions {
  readonly userAgent: string;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 32 * 1024 * 1024;
/** Times that an idempotent call is sent at most. */
const TRIES = 4;
/** Nobody waits longer at a prompt; a hub that asks for more is told of. */
const LONGEST_WAIT_MS = 15_000;

/** Creates a client of one hub's REST API. Nothing is sent before the first call. */
export function createRestClient(target: RestTarget, options: RestOptions): RestClient {
  const { server } = target;
  const endpoint = endpointOf(target);
  const requestOf = (call: RestCall): HttpRequest => ({
    what: `${call.method} ${call.path}`,
    method: call.method,
    path: `/api/v1${call.path}${queryOf(call.query ?? {})}`,
    headers: {
      Accept: "application/json",
      "User-Agent": options.userAgent,
      ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
      ...call.headers,
    },
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    signal: call.signal,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  });
  return {
    server,
    json: (call, form) =>
      withRetries(call, options, async () => {
        const { status, body, headers } = await exchange(endpoint, requestOf(call), MOST_BYTES).catch(
          (error: unknown) => {
            throw networkFailure(server, error);
          },
        );
        if (status < 200 || status > 299) throw failureOf(server, { status, body, headers });
        return readAs(form, body, server);
      }),
    stream: (call, silenceMs) => chunksOf({ server, endpoint, silenceMs }, requestOf(call)),
    close: () => endpoint.agent.destroy(),
  };
}

async function withRetries<T>(
  { method, idempotent = method !== "POST" }: RestCall,
  { sleep, random }: RestOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = idempotent && tries < TRIES ? waitAfter(error, tries, random) : undefined;
      if (waitMs === undefined) throw error;
      await sleep(waitMs);
    }
  }
}

const PASSING: readonly number[] = [429, 502, 503, 504];

/** Milliseconds until the call may be sent again; undefined where that would not help. */
function waitAfter(error: unknown, tries: number, random: () => number): number | undefined {
  const usual = 250 * 2 ** tries * (0.5 + random());
  if (error instanceof NetworkFailure) return error.isPassing ? usual : undefined;
  // A quota does not get free by waiting for seconds.
  if (!(error instanceof ApiFailure) || !PASSING.includes(error.status) || error.code === "QUOTA_EXCEEDED")
    return undefined;
  const waitMs = error.retryAfterMs ?? usual;
  return waitMs <= LONGEST_WAIT_MS ? waitMs : undefined;
}

interface Streaming {
  readonly server: string;
  readonly endpoint: Endpoint;
  readonly silenceMs: number;
}

async function* chunksOf(
  { server, endpoint, silenceMs }: Streaming,
  request: HttpRequest,
): AsyncGenerator<Buffer, void> {
  const { message, guard } = await openStream(endpoint, request).catch((error: unknown) => {
    throw networkFailure(server, error);
  });
  const silence = setTimeout(() => message.destroy(new Error("nothing was heard any more")), silenceMs);
  try {
    const status = message.statusCode ?? 0;
    if (status !== 200) {
      const body = await readBody(message, request.what, MOST_BYTES);
      throw failureOf(server, { status, body, headers: message.headers });
    }
    for await (const chunk of message) {
      silence.refresh();
      yield chunk as Buffer;
    }
  } catch (error) {
    throw networkFailure(server, error);
  } finally {
    clearTimeout(silence);
    message.destroy();
    guard.dispose();
  }
}

function endpointOf({
  server,
  token,
  tenant,
  certificateAuthority,
  insecureSkipTlsVerify,
}: RestTarget): Endpoint {
  const url = new URL(server);
  const kept = { keepAlive: true, maxSockets: 8 };
  const agent =
    url.protocol === "http:"
      ? new http.Agent(kept)
      : new https.Agent({
          ...kept,
          rejectUnauthorized: insecureSkipTlsVerify !== true,
          ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
        });
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(tenant === undefined ? {} : { "X-Flare-Tenant": tenant }),
  };
  return { url, agent, headers };
}

function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** Reads a text of JSON by its form. Throws a UserError that names the server. */
export function readAs<S extends z.ZodType>(form: S, body: string, server: string): z.output<S> {
  const read = form.safeParse(parsed(body));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new UserError(
    `the answer of ${server} is none that this flare understands${where}; is it a FLARE hub, and not much newer?`,
    EXIT_CODES.failed,
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
