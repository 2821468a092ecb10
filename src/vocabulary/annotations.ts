import { KEYS, type Key, type KeyName, REQUIRED_KEYS } from "./keys.ts";
import type { Value, ValueOf, ValueType } from "./value-types.ts";
import { formatValue, parseValue } from "./values.ts";

type RowOf<K extends KeyName> = Extract<(typeof KEYS)[number], { key: K }>;
/** The parsed values of a node's annotations, by canonical key. */
export type Values = {
  readonly [K in KeyName]?: RowOf<K>["type"] extends infer T extends ValueType ? ValueOf<T> : never;
};

/** A value that could not be read. */
export interface InvalidAnnotation {
  /** As spelled on the object. */
  readonly key: string;
  readonly canonical: KeyName;
  readonly value: string;
  readonly message: string;
}

const rows: readonly Key[] = KEYS;

/**
 * Reads the annotations of a node in any spelling. The canonical spelling wins over aliases; an invalid value is
 * reported and the next spelling is tried, so that one bad annotation loses nothing else.
 */
export function parseAnnotations(annotations: Readonly<Record<string, string>>): {
  readonly values: Values;
  readonly invalid: readonly InvalidAnnotation[];
} {
  const values: Partial<Record<KeyName, Value>> = {};
  const invalid: InvalidAnnotation[] = [];
  for (const row of rows) {
    for (const spelling of [row.key, ...(row.aliases ?? [])]) {
      const text = Object.hasOwn(annotations, spelling) ? annotations[spelling] : undefined;
      if (text === undefined) continue;
      const parsed = parseValue(row.type, text);
      if (parsed.ok) {
        values[row.key as KeyName] = parsed.value;
        break;
      }
      invalid.push({
        key: spelling,
        canonical: row.key as KeyName,
        value: text,
        message: `annotation ${spelling} is ${JSON.stringify(clip(text))}, expected ${parsed.expected}`,
      });
    }
  }
  return { values: values as Values, invalid };
}

const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** Canonical text of a value, or a sentence that says what is allowed. */
export function validate(
  key: Key,
  text: string,
): { ok: true; text: string } | { ok: false; expected: string } {
  const parsed = parseValue(key.type, text);
  return parsed.ok ? { ok: true, text: formatValue(key.type, parsed.value) } : parsed;
}

/** Required keys that are absent. */
export function missingRequired(present: Readonly<Record<string, unknown>>): readonly KeyName[] {
  return REQUIRED_KEYS.filter((key) => present[key] === undefined);
}
