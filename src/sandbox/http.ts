import type { IncomingMessage, ServerResponse } from "node:http";
import type { Body } from "./decode.ts";
import { ApiError, statusOf, tooLarge } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { decodeProtobuf, protobufType } from "./protobuf.ts";

export const bodyLimit = 3 * 1024 * 1024;

/** Reads the body of a request. Throws 413 when it is larger than the limit. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw tooLarge(bodyLimit);
    chunks.push(chunk);
  }
  const contentType = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const bytes = Buffer.concat(chunks);
  if (contentType !== protobufType) return { text: bytes.toString("utf8"), contentType };
  return {
    text: bytes.length === 0 ? "" : JSON.stringify(decodeProtobuf(bytes)),
    contentType: "application/json",
  };
}

export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export function sendJson(response: ServerResponse, { code, body, headers = {} }: Answer): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(code, {
    ...headers,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

export function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Answers with the Status of the error; anything but an `ApiError` is a fault of this server. */
export function sendError(
  response: ServerResponse,
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(
          500,
          "InternalError",
          `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
          {
            causes: [{ message: error instanceof Error ? error.message : String(error) }],
          },
        );
  const retry = known.details?.retryAfterSeconds;
  const connection = known.code === 413 ? { connection: "close" } : {};
  sendJson(response, {
    code: known.code,
    body: statusOf(known),
    headers: { ...headers, ...connection, ...(retry === undefined ? {} : { "retry-after": String(retry) }) },
  });
}

/** The `Warning` header by which the API server tells of what it let pass. */
export const warningHeader = (warnings: readonly string[]): JsonObject & Record<string, string> =>
  warnings.length === 0
    ? {}
    : { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(", ") };
