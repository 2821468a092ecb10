import { KubeError } from "./kube-error.ts";
import { errorFromNetwork } from "./network-error.ts";
import type { KubeObject } from "./objects.ts";
import type { HttpStream } from "./transport.ts";

/** One event of a watch. ERROR carries a Status, BOOKMARK an object with nothing but its resourceVersion. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

export interface WatchLimits {
  /** Names the watch in errors. */
  readonly what: string;
  readonly server: string;
  /** Without a byte for so long the connection counts as dead (`silent`). */
  readonly silenceMs: number;
  /** One event larger than this ends the watch (`too-large`). */
  readonly maxLineBytes: number;
}

const TYPES = new Set(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);

/**
 * The events of an open watch until the server ends it. Throws KubeError: `silent`, `aborted`, `unreachable`,
 * `protocol` (a line that is no event), `too-large`. Leaving the loop closes the connection.
 */
export async function* readEvents<T extends KubeObject>(
  stream: HttpStream,
  limits: WatchLimits,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { message, guard } = stream;
  const silence = setTimeout(() => {
    const seconds = limits.silenceMs / 1000;
    message.destroy(
      new KubeError("silent", `${limits.what}: nothing heard from ${limits.server} for ${seconds} s`),
    );
  }, limits.silenceMs);
  try {
    for await (const line of readLines(message, limits, () => silence.refresh()))
      yield parseEvent<T>(line, limits.what);
  } catch (error) {
    throw errorFromNetwork(limits.what, limits.server, error);
  } finally {
    clearTimeout(silence);
    message.destroy();
    guard.dispose();
  }
}

/** Splits a byte stream at newlines; holds one line at most. */
async function* readLines(
  chunks: AsyncIterable<Buffer>,
  limits: WatchLimits,
  heard: () => void,
): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    heard();
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, at));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      size = 0;
      from = at + 1;
      if (line.trim() !== "") yield line;
    }
    if (from === chunk.length) continue;
    size += chunk.length - from;
    if (size > limits.maxLineBytes) {
      throw new KubeError(
        "too-large",
        `${limits.what}: an event is larger than ${limits.maxLineBytes} bytes`,
      );
    }
    parts.push(chunk.subarray(from));
  }
  const last = Buffer.concat(parts).toString("utf8");
  if (last.trim() !== "") yield last;
}

function parseEvent<T extends KubeObject>(line: string, what: string): WatchEvent<T> {
  try {
    const event: unknown = JSON.parse(line);
    if (isEvent<T>(event)) return event;
  } catch {
    // Told below, like any other line that is no event.
  }
  throw new KubeError("protocol", `${what}: this line is no watch event: ${line.slice(0, 120)}`);
}

function isEvent<T extends KubeObject>(value: unknown): value is WatchEvent<T> {
  if (typeof value !== "object" || value === null || !("type" in value) || !("object" in value)) return false;
  return (
    typeof value.type === "string" &&
    TYPES.has(value.type) &&
    typeof value.object === "object" &&
    value.object !== null
  );
}
