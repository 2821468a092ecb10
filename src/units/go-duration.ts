import { formatDuration } from "./duration.ts";

/** Writes milliseconds as Go reads durations, which know no days: `36h`, `1h30m`, `90ms`. */
export function formatGoDuration(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  const rest = milliseconds - hours * 3_600_000;
  if (hours === 0) return formatDuration(rest);
  return rest === 0 ? `${hours}h` : `${hours}h${formatDuration(rest)}`;
}
