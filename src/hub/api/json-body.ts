import { ApiError } from "./api-error.ts";

/** Bytes of a body at most. */
export const MOST_BYTES = 1024 * 1024;
/** Objects and lists inside each other; an Intent has seven. */
const DEEPEST = 32;

const MEDIA_TYPE = /^application\/(?:json|[a-z0-9.+-]+\+json)$/;

/** Throws unless a body of this Content-Type is read here: JSON in UTF-8. */
export function requireJson(contentType: string | undefined, contentEncoding: string | undefined): void {
  const [type = "", ...parameters] = (contentType ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  const isUtf8 = charset === undefined || /^"?utf-?8"?$/.test(charset);
  if (!MEDIA_TYPE.test(type) || !isUtf8) {
    const shown =
      contentType === undefined ? "there is no Content-Type" : "this Content-Type is not read here";
    throw new ApiError("UNSUPPORTED_MEDIA_TYPE", `${shown}; send Content-Type: application/json`);
  }
  if (contentEncoding !== undefined && contentEncoding !== "identity")
    throw new ApiError("UNSUPPORTED_MEDIA_TYPE", "the body must not be compressed");
}

/** Reads a body as far as it may be long. Throws ApiError. */
export async function readBytes(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (body === null) return new Uint8Array();
  try {
    for await (const chunk of body) {
      length += chunk.byteLength;
      if (length > MOST_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new ApiError("INVALID_FORMAT", "the body ended before it was complete", { cause });
  }
  if (length > MOST_BYTES) throw tooLarge();
  return Buffer.concat(chunks);
}

export const tooLarge = (): ApiError =>
  new ApiError("PAYLOAD_TOO_LARGE", `the body is larger than ${MOST_BYTES} bytes`, {
    headers: { Connection: "close" },
  });

/** Parses a body. Throws ApiError for what is no JSON, no UTF-8, or nested too deep. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decoded(bytes);
  if (text.trim() === "") throw new ApiError("INVALID_FORMAT", "the body is empty; send a JSON object");
  if (depthOf(text) > DEEPEST)
    throw new ApiError("INVALID_FORMAT", `the body is nested deeper than ${DEEPEST} levels`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError("INVALID_FORMAT", `the body is no JSON: ${why.slice(0, 200)}`, { cause });
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ApiError("INVALID_FORMAT", "the body is not UTF-8", { cause });
  }
}

/** How deep brackets are nested, outside of strings. Told before parsing, which recurses. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH && inString) index += 1;
    else if (code === QUOTE) inString = !inString;
    else if (!inString && (code === BRACKET || code === BRACE)) deepest = Math.max(deepest, ++depth);
    else if (!inString && (code === BRACKET + 2 || code === BRACE + 2)) depth -= 1;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
