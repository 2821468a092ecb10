import http from "node:http";
import https from "node:https";

/** One request to a server that is no Kubernetes API, and bounds for its answer. */
export interface ExchangeRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For everything, from the look-up of the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of the answer no more is read. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly agent?: http.Agent | https.Agent;
  /** Certificates in PEM that are trusted in place of the usual ones. */
  readonly ca?: string;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** The answer was longer than `maxBytes`; the rest was not read. */
  readonly isCut: boolean;
}

/**
 * Sends one request and reads its answer; redirects are not followed. Throws an Error whose message names neither the path
 * nor the query nor the user of the URL: any of them may be a secret.
 */
export async function exchange(request: ExchangeRequest): Promise<ExchangeAnswer> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = AbortSignal.any([request.signal, timeout]);
  try {
    return await readAnswer(await send(request, signal), request.maxBytes);
  } catch (error) {
    if (timeout.aborted && !request.signal.aborted)
      throw new Error(`no answer within ${request.timeoutMs / 1000} s`, { cause: error });
    throw new Error(wordsOf(error), { cause: error });
  }
}

function send(request: ExchangeRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { url, method, body, agent, ca } = request;
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === "http:" ? http : https).request(bare, {
      method,
      headers: { ...authorization(url), ...request.headers, ...length },
      signal,
      ...(agent === undefined ? {} : { agent }),
      ...(ca === undefined ? {} : { ca }),
    });
    // It stays: an error that comes after the answer began is told by the answer, and must not go unhandled here.
    outgoing.on("error", reject);
    outgoing.once("response", resolve);
    outgoing.end(body);
  });
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

async function readAnswer(message: http.IncomingMessage, maxBytes: number): Promise<ExchangeAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    const room = maxBytes - size;
    chunks.push(chunk.subarray(0, room));
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > maxBytes) break;
  }
  const { statusCode = 0, headers } = message;
  return {
    status: statusCode,
    headers,
    body: Buffer.concat(chunks).toString("utf8"),
    isCut: size > maxBytes,
  };
}

/** Several addresses of one name fail as one error without words. */
function wordsOf(error: unknown): string {
  const told = error instanceof AggregateError ? error.errors[0] : error;
  return told instanceof Error ? told.message : String(told);
}
