const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Whether the text is a day of the calendar as YYYY-MM-DD: `2026-02-30` is none. */
export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Reads an RFC 3339 time, such as `2026-12-01T08:00:00Z`. Returns milliseconds since 1970, or undefined. */
export function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null || !isDate(match[1] ?? "")) return undefined;
  // Date knows no leap second.
  const time = Date.parse(text.toUpperCase().replace(/:60(?=[.Z+-])/, ":59"));
  return Number.isNaN(time) ? undefined : time;
}

/** Whether the name is a time zone of the IANA database, such as `Europe/Rome`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
