import type { Scalar } from "./scope.ts";

/** Above this a number of MiB is really a number of bytes (GFD 0.6.0, VFIO nodes). */
const BYTES_ABOVE = 1e7;

const whole = (text: string): number | undefined => (/^[0-9]{1,15}$/.test(text) ? Number(text) : undefined);
const positive = (number: number | undefined): number | undefined =>
  number !== undefined && number > 0 && Number.isFinite(number) ? number : undefined;

const QUANTITY: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

function quantity(text: string): number | undefined {
  const match = /^([0-9]{1,18}(?:\.[0-9]{1,9})?)(Ki|Mi|Gi|Ti|Pi|[kMGTP]?)$/.exec(text);
  return match ? Number(match[1]) * (QUANTITY[match[2] ?? ""] ?? Number.NaN) : undefined;
}

function mebibytes(text: string): number | undefined {
  const number = positive(whole(text.replace(/ ?MiB?$/, "")));
  if (number === undefined) return undefined;
  return number > BYTES_ABOVE ? number / 2 ** 30 : number / 2 ** 10;
}

/**
 * The closed set of conversions. Each takes the text of a fact and gives a value in the unit that it names, or
 * nothing when the text is not of that form. Memory comes out in GiB.
 */
const CONVERSIONS = {
  /** A whole number, zero included. */
  integer: whole,
  /** A decimal number, zero included. */
  decimal: (text: string) => (/^[0-9]{1,15}(\.[0-9]{1,15})?$/.test(text) ? Number(text) : undefined),
  /** MiB, or bytes where the number cannot be MiB. */
  mebibytes,
  bytes: (text: string) => positive((whole(text) ?? Number.NaN) / 2 ** 30),
  /** `192G` as AMD's labeller writes GiB; also a bare number of MiB, as people write it. */
  "amd-vram": (text: string) => {
    const gib = /^([0-9]{1,6})Gi?$/.exec(text);
    return gib ? positive(Number(gib[1])) : mebibytes(text);
  },
  gibibytes: (text: string) => positive(whole(text)),
  /** A Kubernetes quantity of bytes. */
  "quantity-bytes": (text: string) => positive((quantity(text) ?? Number.NaN) / 2 ** 30),
  /** A Kubernetes quantity as a plain number. */
  quantity,
  boolean: (text: string) => {
    const lower = text.toLowerCase();
    return lower === "true" ? true : lower === "false" ? false : undefined;
  },
  lower: (text: string) => text.toLowerCase(),
  /** Lower case with hyphens, as regions and architectures are written. */
  slug: (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "") || undefined,
  /** A version that starts with a digit; `unknown.unknown.unknown` is none. */
  version: (text: string) => (/^[0-9]+(\.[0-9]+)*([-+_.][A-Za-z0-9._+-]*)?$/.test(text) ? text : undefined),
} as const satisfies Record<string, (text: string) => Scalar | undefined>;

export type ConversionName = keyof typeof CONVERSIONS;
export const CONVERSION_NAMES = Object.keys(CONVERSIONS) as ConversionName[];

/** Converts the text of a fact; nothing when it is not of the form that the conversion takes. */
export function convert(name: ConversionName, value: Scalar): Scalar | undefined {
  return CONVERSIONS[name](String(value).trim());
}
