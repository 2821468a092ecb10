/**
 * Kubernetes quantities as exact whole numbers of 10^-9, as fine as they go: `1.5Gi` and `7936509182n` lose nothing
 * on the way in and out.
 */
export interface Quantity {
  readonly nanos: bigint;
  /** How it is written: by powers of 1024 (`Ki`) or of 1000 (`k`, `m`). */
  readonly base: 2 | 10;
}

const NANO = 1_000_000_000n;
const DECIMAL = { n: -3, u: -2, m: -1, "": 0, k: 1, M: 2, G: 3, T: 4, P: 5, E: 6 } as const;
const BINARY = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 } as const;
const SYNTAX = /^([+-]?)(\d{1,40})?(?:\.(\d{0,40}))?(?:([eE][+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE])?)$/;

/** Parses a quantity, also given as a JSON number. What is finer than 10^-9 is rounded up. Undefined: not a quantity. */
export function parseQuantity(input: string | number): Quantity | undefined {
  const match = SYNTAX.exec(String(input).trim());
  const [, sign, whole = "", fraction = "", exponent, suffix = ""] = match ?? [];
  if (match === null || whole + fraction === "") return undefined;
  const base = suffix in BINARY ? 2 : 10;
  const power = exponent === undefined ? decimalPower(suffix) : Number(exponent.slice(1));
  if (Math.abs(power) > 60) return undefined;
  const digits = BigInt(whole + fraction) * (base === 2 ? 1024n ** BigInt(binaryPower(suffix)) : 1n);
  const nanos = scale(digits, power + 9 - fraction.length);
  return { nanos: sign === "-" ? -nanos : nanos, base };
}

const decimalPower = (suffix: string): number => (DECIMAL[suffix as keyof typeof DECIMAL] ?? 0) * 3;
const binaryPower = (suffix: string): number => BINARY[suffix as keyof typeof BINARY] ?? 0;

/** digits x 10^power, away from zero where it does not come out even. */
function scale(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (digits + divisor - 1n) / divisor;
}

/** Writes a quantity the canonical way, as Kubernetes does: the largest suffix that leaves a whole number. */
export function formatQuantity({ nanos, base }: Quantity): string {
  const isSmall = nanos > -1024n * NANO && nanos < 1024n * NANO;
  if (base === 2 && !isSmall && nanos % NANO === 0n)
    return withLargest(nanos / NANO, 1024n, Object.keys(BINARY));
  return withLargest(nanos, 1000n, Object.keys(DECIMAL).slice(1), "n");
}

function withLargest(value: bigint, step: bigint, suffixes: readonly string[], smallest = ""): string {
  let rest = value;
  let suffix = rest === 0n ? "" : smallest;
  for (const larger of suffixes) {
    if (rest === 0n || rest % step !== 0n) break;
    rest /= step;
    suffix = larger;
  }
  return `${rest}${suffix}`;
}

/** A quantity of a number, exact to 10^-9; `base` says how it will be written. */
export function quantityOf(number: number, base: 2 | 10 = 10): Quantity {
  const whole = Math.trunc(number);
  return { nanos: BigInt(whole) * NANO + BigInt(Math.round((number - whole) * 1e9)), base };
}

/** The quantity as the number that is nearest to it: read as a decimal text, it is rounded once and not at every step. */
export const quantityToNumber = ({ nanos }: Quantity): number => Number(`${nanos}e-9`);
