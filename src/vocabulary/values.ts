import type { DeviceEntry, Value, ValueType } from "./value-types.ts";

/** A parsed value, or one sentence that says what is wrong and what is allowed. */
export type Parsed =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly expected: string };

const wrong = (expected: string): Parsed => ({ ok: false, expected });
const right = (value: Value): Parsed => ({ ok: true, value });

const BINARY: Readonly<Record<string, number>> = { Ki: 2 ** -20, Mi: 2 ** -10, Gi: 1, Ti: 2 ** 10 };
const DECIMAL: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Reads the text of a value of the given type. Tolerant in spelling (case, blanks, `GiB`), strict in range. */
export function parseValue(type: ValueType, text: string): Parsed {
  const trimmed = text.trim();
  switch (type.kind) {
    case "enum": {
      const found = type.values.find((value) => value.toLowerCase() === trimmed.toLowerCase());
      return found === undefined ? wrong(`one of ${type.values.join(", ")}`) : right(found);
    }
    case "text":
      return type.pattern.test(trimmed) ? right(trimmed) : wrong(type.says);
    case "integer":
      return inRange(/^[0-9]{1,15}$/.test(trimmed) ? Number(trimmed) : Number.NaN, type, "a whole number");
    case "decimal":
      return inRange(
        /^[0-9]{1,15}(\.[0-9]{1,15})?$/.test(trimmed) ? Number(trimmed) : Number.NaN,
        type,
        "a decimal number",
      );
    case "boolean":
      return parseBoolean(trimmed);
    case "gibibytes":
      return parseGibibytes(trimmed, type.max);
    case "hertz":
      return parseHertz(trimmed, type.max);
    case "list":
      return parseList(trimmed);
    case "devices":
      return parseDevices(trimmed);
  }
}

function inRange(number: number, range: { min: number; max: number }, what: string): Parsed {
  return number >= range.min && number <= range.max
    ? right(number)
    : wrong(`${what} from ${range.min} to ${range.max}`);
}

function parseBoolean(text: string): Parsed {
  const lower = text.toLowerCase();
  if (lower === "true") return right(true);
  return lower === "false" ? right(false) : wrong("true or false");
}

function parseGibibytes(text: string, max: number): Parsed {
  const match = /^([0-9]{1,12}(?:\.[0-9]{1,9})?) ?(Ki|Mi|Gi|Ti)?B?$/.exec(text);
  const gib = match ? Number(match[1]) * (BINARY[match[2] ?? "Gi"] ?? Number.NaN) : Number.NaN;
  return gib > 0 && gib <= max
    ? right(gib)
    : wrong(`memory as a quantity from 1Gi to ${max}Gi, such as 80Gi`);
}

function parseHertz(text: string, max: number): Parsed {
  const match = /^([0-9]{1,12}(?:\.[0-9]{1,9})?) ?([kMGT]?)(?:Hz)?$/.exec(text);
  const hertz = match ? Number(match[1]) * (DECIMAL[match[2] ?? ""] ?? Number.NaN) : Number.NaN;
  return hertz >= 1 && hertz <= max ? right(hertz) : wrong("a frequency as a quantity in Hz, such as 1.98G");
}

function parseList(text: string): Parsed {
  const words = text.split(",").map((word) => word.trim());
  const valid = words.length <= 256 && words.every((word) => /^[^\p{Cc},]{1,253}$/u.test(word));
  return valid ? right(words) : wrong("comma-separated words");
}

function parseDevices(text: string): Parsed {
  const expected = "a JSON array of {resource, count, sharing, replicas, ...}";
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every(isDeviceEntry) ? right(parsed) : wrong(expected);
  } catch {
    return wrong(expected);
  }
}

const optional = (type: string, value: unknown): boolean => value === undefined || typeof value === type;
const positive = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;

function isDeviceEntry(value: unknown): value is DeviceEntry {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as Record<keyof DeviceEntry, unknown>;
  return (
    typeof entry.resource === "string" &&
    typeof entry.sharing === "string" &&
    positive(entry.count) &&
    positive(entry.replicas) &&
    optional("string", entry.model) &&
    optional("string", entry.variant) &&
    optional("string", entry.profile) &&
    optional("number", entry.memoryGi)
  );
}

/** The canonical text of a value; the inverse of parseValue up to the digits that the type keeps. */
export function formatValue(type: ValueType, value: Value): string {
  switch (type.kind) {
    case "decimal":
      return trimNumber(Number(value), type.digits);
    case "gibibytes":
      return `${Math.max(1, Math.round(Number(value)))}Gi`;
    case "hertz":
      return formatHertz(Number(value));
    case "list":
      return (value as readonly string[]).join(",");
    case "devices":
      return JSON.stringify(value);
    case "boolean":
    case "enum":
    case "integer":
    case "text":
      return `${value as string | number | boolean}`;
  }
}

/** A number with at most so many digits after the point and no trailing zeros: FP32 `66.9`, rate `98.32`. */
function trimNumber(number: number, digits: number): string {
  const scale = 10 ** digits;
  return String(Math.round(number * scale) / scale);
}

/** The unit is chosen by what is left after rounding: 999.9999M is 1G. */
function formatHertz(hertz: number): string {
  const whole = Math.round(hertz);
  if (whole < 1e6) return String(whole);
  const mega = trimNumber(hertz / 1e6, 3);
  return Number(mega) < 1000 ? `${mega}M` : `${trimNumber(hertz / 1e9, 3)}G`;
}
