import type { Key } from "../vocabulary/keys.ts";
import { formatValue, parseValue } from "../vocabulary/values.ts";
import { remembering } from "./remember.ts";
import type { Scalar } from "./scope.ts";

/** The text that is published for a value, or what would have been allowed. */
export type Checked =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly raw: string; readonly expected: string };

/** Checks values of one key and writes them canonically. Remembers the last ones, as they come again and again. */
export const canonicalTextOf = (key: Key): ((raw: Scalar) => Checked) =>
  remembering((raw: Scalar) => check(key, raw));

function check({ type }: Key, raw: Scalar): Checked {
  // Arithmetic leaves more digits than anybody measured.
  const text = typeof raw === "number" ? String(Math.round(raw * 1e6) / 1e6) : String(raw);
  const parsed = parseValue(type, text);
  return parsed.ok
    ? { ok: true, text: formatValue(type, parsed.value) }
    : { ok: false, raw: text, expected: parsed.expected };
}
