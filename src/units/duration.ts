/** Milliseconds by unit, longest unit first: the order in which they are written. */
const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof UNITS;

const PART = /(\d+(?:\.\d+)?)(ms|d|h|m|s)/gy;

/**
 * Parses a duration as Go and kubectl write it (`90s`, `1h30m`, `1.5h`), plus days (`2d`) and a bare `0`.
 * Returns milliseconds, rounded, or undefined where the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  let total = 0;
  let end = 0;
  for (const [part, amount, unit] of trimmed.matchAll(PART)) {
    total += Number(amount) * UNITS[unit as Unit];
    end += part.length;
  }
  if (end === 0 || end !== trimmed.length || !Number.isSafeInteger(Math.round(total))) return undefined;
  return Math.round(total);
}

/** Writes milliseconds the short way, `90000` as `1m30s`; `parseDuration` reads it back. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  if (rest <= 0) return "0s";
  let text = "";
  for (const [unit, size] of Object.entries(UNITS)) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text;
}
