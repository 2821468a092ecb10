import * as http from "node:http";
import * as https from "node:https";
import { closeIdle, type Endpoint } from "./endpoint.ts";
import { createGuard, type Guard } from "./guard.ts";
import { KubeError } from "./kube-error.ts";
import { errorFromNetwork } from "./network-error.ts";

/** One request, ready to be sent. */
export interface HttpRequest {
  /** Names the request in errors: `get nodes "gpu-1"`. */
  readonly what: string;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Until the whole answer is there; for streams until it begins. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A stream whose answer has begun. `guard` still listens to the abort; dispose of it at the end. */
export interface HttpStream {
  readonly message: http.IncomingMessage;
  readonly guard: Guard;
}

/** Sends a request and reads the answer, at most `maxBytes` of it. Throws KubeError, never for an HTTP status. */
export async function exchange(
  endpoint: Endpoint,
  request: HttpRequest,
  maxBytes: number,
): Promise<HttpAnswer> {
  const guard = createGuard(request.what, request.timeoutMs, request.signal);
  try {
    const message = await send(endpoint, request, guard);
    return {
      status: message.statusCode ?? 0,
      headers: message.headers,
      body: await readBody(message, request.what, maxBytes),
    };
  } catch (error) {
    throw errorFromNetwork(request.what, endpoint.url.origin, error);
  } finally {
    guard.dispose();
  }
}

/** Sends a request whose answer is a stream. Throws KubeError, never for an HTTP status. */
export async function openStream(endpoint: Endpoint, request: HttpRequest): Promise<HttpStream> {
  const guard = createGuard(request.what, request.timeoutMs, request.signal);
  try {
    const message = await send(endpoint, request, guard);
    guard.clearDeadline();
    // A peer that is gone without a word is found by the kernel, too.
    message.socket.setKeepAlive(true, 30_000);
    return { message, guard };
  } catch (error) {
    guard.dispose();
    throw errorFromNetwork(request.what, endpoint.url.origin, error);
  }
}

/** The bytes of a stream as they come, until it ends or its guard is told to stop. Throws KubeError. */
export async function* readChunks(
  { message, guard }: HttpStream,
  what: string,
  server: string,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of message) yield chunk as Buffer;
  } catch (error) {
    throw errorFromNetwork(what, server, error);
  } finally {
    message.destroy();
    guard.dispose();
  }
}

/** Reads a body to its end as UTF-8. Throws `too-large` past `maxBytes`. */
export async function readBody(
  message: AsyncIterable<Buffer>,
  what: string,
  maxBytes: number,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > maxBytes)
      throw new KubeError("too-large", `${what}: the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function send(endpoint: Endpoint, request: HttpRequest, guard: Guard): Promise<http.IncomingMessage> {
  const attempt = sendOnce(endpoint, request, guard);
  return attempt.answer.catch((error: unknown) => {
    // The server closed the idle connection just as we reused it: it never saw the request.
    const stale = attempt.reused() && !(error instanceof KubeError) && request.method !== "POST";
    if (!stale) throw error;
    // Those that were idle as long are closed as well: the second attempt must not find one of them.
    closeIdle(endpoint.agent);
    return sendOnce(endpoint, request, guard).answer;
  });
}

interface Attempt {
  readonly answer: Promise<http.IncomingMessage>;
  reused(): boolean;
}

function sendOnce(endpoint: Endpoint, request: HttpRequest, guard: Guard): Attempt {
  const { url, agent } = endpoint;
  const outgoing = (url.protocol === "http:" ? http : https).request({
    agent,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (url.protocol === "http:" ? 80 : 443) : url.port,
    path: url.pathname.replace(/\/$/, "") + request.path,
    method: request.method,
    headers: { ...request.headers, ...endpoint.headers, ...lengthOf(request.body) },
  });
  const answer = new Promise<http.IncomingMessage>((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("response", (message) => {
      // From here on the answer's own errors tell the story; a late error of the request must not go unhandled.
      outgoing.on("error", () => undefined);
      guard.onStop((error) => message.destroy(error));
      resolve(message);
    });
    guard.onStop((error) => outgoing.destroy(error));
  });
  outgoing.end(request.body);
  return { answer, reused: () => outgoing.reusedSocket };
}

function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
}
