import { isDate, isTimeZone, parseDateTime } from "../units/dates.ts";
import { parseDuration } from "../units/duration.ts";
import { formatGoDuration } from "../units/go-duration.ts";
import { formatBytes, parseBytes } from "../units/memory.ts";
import { formatMoney, parseMoney } from "../units/money.ts";
import { formatQuantity, parseQuantity, quantityToNumber } from "../units/quantity.ts";

/** How the text of a field is read. Each kind has one canonical text, which is what the readers of a spec see. */
export type ValueKind =
  | "cpu"
  | "size"
  | "gpu-size"
  | "hertz"
  | "bits-per-second"
  | "duration"
  | "milliseconds"
  | "money"
  | "percent"
  | "grams-per-hour"
  | "version"
  | "slug"
  | "date"
  | "date-or-time"
  | "time"
  | "fallbacks"
  | "time-zone";

/** A value read, or what is expected in its place. */
type Read =
  | { readonly ok: true; readonly value: string | number }
  | { readonly ok: false; readonly expected: string };

/** What may be relaxed when nothing fits, as `negotiation.fallbackStrategy` names it. */
export const FALLBACKS = ["queue", "lower_tier", "shared", "spot"] as const;

type Reader = (input: string | number, currency: string) => string | number | undefined;

/** Reads a value of the given kind into its canonical form. Numbers alone are read as the kind's usual unit. */
export function readValue(kind: ValueKind, input: unknown, currency = "EUR"): Read {
  const [read, expected] = KINDS[kind];
  const isText = typeof input === "string" || (typeof input === "number" && Number.isFinite(input));
  const value = isText ? read(input, currency) : undefined;
  return value === undefined ? { ok: false, expected } : { ok: true, value };
}

const KINDS: Readonly<Record<ValueKind, readonly [Reader, string]>> = {
  cpu: [readCpu, "CPU cores as a quantity above zero, such as 4, 1.5 or 500m"],
  size: [readSize("decimal"), "a size above zero, such as 512Mi, 70Gi, 70GB, or a number of GiB"],
  "gpu-size": [readSize("binary"), "a size above zero, such as 70Gi, 70GB, or a number of GiB"],
  hertz: [readHertz, "a frequency, such as 1.5G, 1.5GHz or 1500MHz"],
  "bits-per-second": [readBitsPerSecond, "a bandwidth, such as 10Gbps, 500Mbps, or a number of Gbit/s"],
  duration: [readDuration, "a duration above zero, such as 30s, 90m, 2h30m or 2d"],
  milliseconds: [readMilliseconds, "a whole number of milliseconds, or a duration, such as 50ms"],
  money: [readMoney, 'an amount with its currency, such as "10 EUR"'],
  percent: [readPercent, "a percentage from 0% to 100%, such as 99.9%"],
  "grams-per-hour": [readGramsPerHour, 'grams of CO2 in an hour, such as "50g CO2/h"'],
  version: [readVersion, "a version as major.minor, such as 9.0"],
  slug: [readSlug, "lower case letters, digits and hyphens, such as ada-lovelace"],
  date: [
    (input) => (isDate(String(input)) ? String(input) : undefined),
    "a day as YYYY-MM-DD, such as 2026-12-24",
  ],
  "date-or-time": [readDateOrTime, "a time such as 2026-12-01T22:00:00Z, or a day as YYYY-MM-DD"],
  time: [
    (input) => (parseDateTime(String(input).trim()) === undefined ? undefined : String(input).trim()),
    "a time as RFC 3339 has it, such as 2026-12-01T08:00:00Z",
  ],
  fallbacks: [readFallbacks, `fail, or some of ${FALLBACKS.join(", ")}, separated by commas`],
  "time-zone": [
    (input) => (isTimeZone(String(input)) ? String(input) : undefined),
    "a time zone of the IANA database, such as Europe/Rome",
  ],
};

function readCpu(input: string | number): string | undefined {
  const quantity = parseQuantity(input);
  if (quantity === undefined || quantity.nanos <= 0n) return undefined;
  return formatQuantity({ nanos: quantity.nanos, base: 10 });
}

function readSize(gb: "decimal" | "binary"): Reader {
  return (input) => {
    const bytes = parseBytes(input, gb);
    return bytes === undefined ? undefined : formatBytes(bytes);
  };
}

/** A frequency below 1 MHz is a number whose unit was forgotten. */
function readHertz(input: string | number): string | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kMG])?(?:Hz)?$/.exec(String(input).trim());
  const quantity = match === null ? undefined : parseQuantity(`${match[1]}${match[2] ?? ""}`);
  return quantity === undefined || quantityToNumber(quantity) < 1e6 ? undefined : formatQuantity(quantity);
}

function readBitsPerSecond(input: string | number): string | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kKMGT])?(?:bps|bit\/s|b\/s)?$/.exec(String(input).trim());
  if (match === null) return undefined;
  const [, amount = "", prefix] = match;
  const isSmall = prefix === undefined && Number(amount) < 100_000;
  const quantity = parseQuantity(`${amount}${isSmall ? "G" : (prefix?.replace("K", "k") ?? "")}`);
  return quantity === undefined || quantity.nanos <= 0n ? undefined : formatQuantity(quantity);
}

function readDuration(input: string | number): string | undefined {
  const milliseconds = parseDuration(String(input));
  return milliseconds === undefined || milliseconds <= 0 ? undefined : formatGoDuration(milliseconds);
}

function readMilliseconds(input: string | number): number | undefined {
  const number = Number(input);
  if (Number.isSafeInteger(number) && number >= 0 && String(input).trim() !== "") return number;
  return typeof input === "string" ? parseDuration(input) : undefined;
}

function readMoney(input: string | number, currency: string): string | undefined {
  const money = parseMoney(input, currency);
  return money === undefined ? undefined : formatMoney(money);
}

function readPercent(input: string | number): string | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,9})?) ?%?$/.exec(String(input).trim());
  return match !== null && Number(match[1]) <= 100 ? `${Number(match[1])}%` : undefined;
}

function readGramsPerHour(input: string | number): string | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?) ?(kg|g)?(?: ?CO2e?)?(?: ?\/ ?h(?:our)?)?$/i.exec(
    String(input).trim(),
  );
  if (match === null) return undefined;
  const grams = Number(match[1]) * (match[2]?.toLowerCase() === "kg" ? 1000 : 1);
  return grams > 0 ? `${Number(grams.toFixed(6))}g CO2/h` : undefined;
}

/** JSON has no 9.0, only 9. */
function readVersion(input: string | number): string | undefined {
  const match = /^(\d{1,2})(?:\.(\d{1,2}))?$/.exec(String(input).trim());
  return match === null ? undefined : `${match[1]}.${match[2] ?? "0"}`;
}

function readSlug(input: string | number): string | undefined {
  const hyphened = String(input)
    .trim()
    .replace(/([a-z])([A-Z])/g, "$1-$2");
  const slug = hyphened.toLowerCase().replace(/[ _]+/g, "-");
  return /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(slug) && slug.length <= 63 ? slug : undefined;
}

function readDateOrTime(input: string | number): string | undefined {
  const text = String(input).trim();
  return isDate(text) || parseDateTime(text) !== undefined ? text : undefined;
}

function readFallbacks(input: string | number): string | undefined {
  const steps = String(input)
    .split(",")
    .map((step) => readSlug(step)?.replaceAll("-", "_") ?? "");
  if (steps.join() === "fail") return "fail";
  const known: readonly string[] = FALLBACKS;
  const valid = steps.every((step) => known.includes(step)) && new Set(steps).size === steps.length;
  return valid ? steps.join(",") : undefined;
}

/** GiB of a canonical size. */
export const gibibytesOf = (size: string): number => (parseBytes(size) ?? Number.NaN) / 2 ** 30;

/** The number behind a canonical quantity: cores of `500m`, Hz of `1.5G`, bit/s of `10G`. */
export function numberOf(quantity: string): number {
  const parsed = parseQuantity(quantity);
  return parsed === undefined ? Number.NaN : quantityToNumber(parsed);
}

/** Milliseconds of a canonical duration. */
export const millisecondsOf = (duration: string): number => parseDuration(duration) ?? Number.NaN;

/** The leading number of a canonical percentage or footprint: 99.9 of `99.9%`, 50 of `50g CO2/h`. */
export const leadingNumberOf = (text: string): number => Number.parseFloat(text);
