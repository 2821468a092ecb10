import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Reply, ServerEvent } from "./route.ts";

/** Nothing here is a page, belongs into a frame, or is to be kept by anybody in between. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

const JSON_TYPE = "application/json; charset=utf-8";
/** Below, compressing costs more than it saves. */
const WORTH_IT = 1400;
const compress = promisify(gzip);

type Of<K extends string> = Extract<Reply, { readonly [key in K]?: unknown }>;

/** A body as JSON, compressed where that is worth it and welcome. */
export async function bodyResponse(reply: Of<"body">, acceptEncoding: string | undefined): Promise<Response> {
  const { status, headers, body } = reply;
  if (body === undefined) return new Response(null, { status, headers: { ...headers } });
  const plain = Buffer.from(JSON.stringify(body));
  const typed = { "Content-Type": JSON_TYPE, ...headers };
  if (plain.byteLength < WORTH_IT || !takesGzip(acceptEncoding)) return sized(status, plain, typed);
  return sized(status, await compress(plain), typed, "gzip");
}

/** Bytes that were made and compressed before. */
export function bytesResponse(reply: Of<"bytes">, acceptEncoding: string | undefined): Response {
  const { status, headers, bytes } = reply;
  if (bytes.plain.byteLength < WORTH_IT || !takesGzip(acceptEncoding))
    return sized(status, bytes.plain, headers);
  return sized(status, bytes.gzip, headers, "gzip");
}

function sized(
  status: number,
  bytes: Uint8Array<ArrayBuffer>,
  own: Readonly<Record<string, string>> | undefined,
  encoding?: "gzip",
): Response {
  const headers: Record<string, string> = {
    ...own,
    Vary: "Accept-Encoding",
    "Content-Length": String(bytes.byteLength),
  };
  if (encoding !== undefined) headers["Content-Encoding"] = encoding;
  return new Response(bytes, { status, headers });
}

/** `gzip`, and not `gzip;q=0`. */
export function takesGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  return acceptEncoding
    .toLowerCase()
    .split(",")
    .map((part) => part.split(";").map((each) => each.trim()))
    .some(([name, quality]) => name === "gzip" && !/^q=0(?:\.0*)?$/.test(quality ?? ""));
}

/** A stream of server-sent events; the next one is made when the last one was taken. */
export function eventsResponse({ status, headers, events }: Of<"events">): Response {
  const own = { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" };
  return new Response(streamOf(encoded(events)), { status, headers: { ...own, ...headers } });
}

/** A stream of bytes; the next ones are asked for when the last ones were taken. */
export function chunksResponse({ status, headers, chunks, end }: Of<"chunks">): Response {
  return new Response(streamOf(chunks, end), { status, headers: { ...headers } });
}

async function* encoded(events: AsyncIterable<ServerEvent | "alive">): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  for await (const event of events) yield encoder.encode(eventText(event));
}

function streamOf(chunks: AsyncIterable<Uint8Array>, end: () => void = () => undefined): ReadableStream {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const next = await iterator.next();
          if (next.done !== true) return controller.enqueue(next.value);
          controller.close();
          end();
        } catch (error) {
          end();
          throw error;
        }
      },
      cancel: async () => {
        end();
        await iterator.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}

function eventText(event: ServerEvent | "alive"): string {
  if (event === "alive") return ": alive\n\n";
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  // JSON has no line breaks, so that one data line holds all of it.
  return `event: ${event.event}\n${id}data: ${JSON.stringify(event.data)}\n\n`;
}
