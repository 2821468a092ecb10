/** Answers of the API as they came over the wire, for the bare server to give again. */
import { type IncomingMessage, request } from "node:http";
import { BENCH_TOKEN } from "./tokens.ts";

/** One request of the bench. */
export interface Load {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The bytes of the body, and what a client has to know to read them. */
export interface Recorded {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** By the same text for the same request. */
export type Recordings = ReadonlyMap<string, Recorded>;

/** Which recording answers a request: compressed and plain ones of the same path are two. */
export const recordingKey = (method: string, path: string, acceptEncoding = ""): string =>
  `${method} ${path} ${acceptEncoding}`;

/** Asks the API each of these once and keeps what it answers. */
export async function recordAnswers(url: string, loads: readonly Load[]): Promise<Recordings> {
  const recordings = new Map<string, Recorded>();
  for (const load of loads)
    recordings.set(
      recordingKey(load.method, load.path, load.headers?.["Accept-Encoding"]),
      await ask(url, load),
    );
  return recordings;
}

/** By Node's own client: `fetch` would ask for gzip, and unpack it. */
async function ask(url: string, { method, path, headers, body }: Load): Promise<Recorded> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = { Authorization: `Bearer ${BENCH_TOKEN}`, ...headers };
    request(url + path, { method, headers: sent, agent: false }, resolve)
      .on("error", reject)
      .end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${Buffer.concat(chunks).toString()}`);
  const { "content-type": type = "", "content-encoding": encoding } = answer.headers;
  return {
    headers: { "Content-Type": type, ...(encoding === undefined ? {} : { "Content-Encoding": encoding }) },
    body: Uint8Array.from(Buffer.concat(chunks)),
  };
}
