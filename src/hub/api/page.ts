import * as z from "zod";
import { ApiError } from "./api-error.ts";

const LARGEST = 500;

/** The parameters of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LARGEST)
    .describe(`Entries of a page, ${LARGEST} at most.`)
    .default(100),
  cursor: z.string().max(1000).describe("`next_cursor` of the page before.").optional(),
};

export const pageForm = {
  next_cursor: z.string().describe("For the next page; absent on the last one.").optional(),
};

/**
 * One page of entries that are in the order of their keys, and the cursor for the next. A cursor is the key of the last
 * entry that was seen, so that what comes or goes meanwhile makes nothing else appear twice or not at all.
 */
export function pageOf<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): { readonly page: readonly T[]; readonly next: { readonly next_cursor?: string } } {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rest = after === undefined ? entries : entries.filter((entry) => keyOf(entry) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || rest.length <= limit) return { page, next: {} };
  return { page, next: { next_cursor: Buffer.from(keyOf(last)).toString("base64url") } };
}

function readCursor(cursor: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(cursor)) return Buffer.from(cursor, "base64url").toString();
  throw new ApiError("INVALID_FORMAT", "cursor: is none that this API has given; begin without one");
}
