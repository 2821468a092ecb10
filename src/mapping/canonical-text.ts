import type { Key } from "../vocabulary/keys.ts";
import { formatValue, parseValue } from "../vocabulary/values.ts";
import type { Scalar } from "./scope.ts";

/** The text that is published for a value, or what would have been allowed. */
export type Checked =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly raw: string; readonly expected: string };

/** Nodes of a cluster have few different values of a key; a bound is a bound. */
const REMEMBERED = 256;
const LONGEST = 128;

/** Checks values of one key and writes them canonically. Remembers the last ones, as they come again and again. */
export function canonicalTextOf(key: Key): (raw: Scalar) => Checked {
  const remembered = new Map<Scalar, Checked>();
  return (raw) => {
    const before = remembered.get(raw);
    if (before) return before;
    const checked = check(key, raw);
    if (typeof raw === "string" && raw.length > LONGEST) return checked;
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(raw, checked);
    return checked;
  };
}

function check({ type }: Key, raw: Scalar): Checked {
  // Arithmetic leaves more digits than anybody measured.
  const text = typeof raw === "number" ? String(Math.round(raw * 1e6) / 1e6) : String(raw);
  const parsed = parseValue(type, text);
  return parsed.ok
    ? { ok: true, text: formatValue(type, parsed.value) }
    : { ok: false, raw: text, expected: parsed.expected };
}
