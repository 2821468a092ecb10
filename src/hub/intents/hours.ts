import { type Availability, availabilityAt } from "../../intent/availability.ts";
import { millisecondsOf } from "../../intent/values.ts";
import { parseDateTime } from "../../units/dates.ts";
import { timestamp } from "./conditions.ts";
import type { IntentView } from "./intent-view.ts";

/** Many share the same hours, and every state of an Intent is asked of several times: what holds for a while is kept. */
const MOST_KNOWN = 1000;
const known = new Map<
  string,
  { readonly from: number; readonly until: number; readonly said: Availability }
>();
const DAY_MS = 86_400_000;

/** Whether its hours, days and dates let it run now (ms since 1970), and until when; undefined where it has none. */
export function hoursOf({ read }: Pick<IntentView, "read">, now: number): Availability | undefined {
  const spec = read.ok ? read.spec.constraints?.availability : undefined;
  if (spec === undefined) return undefined;
  const key = JSON.stringify(spec);
  const last = known.get(key);
  // A clock that was stepped back leaves the stretch that is known.
  if (last !== undefined && now >= last.from && now < last.until) return last.said;
  const said = availabilityAt(spec, now);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, { from: now, until: said.changesAt ?? now + DAY_MS, said });
  return said;
}

/** Outside of its hours nothing of it runs. */
export const isClosed = (view: Pick<IntentView, "read">, now: number): boolean =>
  hoursOf(view, now)?.open === false;

/** Until when nothing runs, and why. */
export function sayClosed({ reason, changesAt }: Availability): string {
  const until = changesAt === undefined ? "for more than a year" : `until ${timestamp(changesAt)}`;
  return `closed ${until}, by constraints.availability (${reason})`;
}

/** What an Intent's deadline comes to. Times in milliseconds since 1970. */
export interface Deadline {
  readonly at: number;
  /** The latest start that is sure to be in time; what has begun may be nearly done, so it only has to go on before. */
  readonly latestStart: number;
  /** How long it may run, as the spec has it, where that has to be over by then. */
  readonly runs: string | undefined;
}

/** The deadline of a batch; undefined where it has none. */
export function deadlineOf({ read, status }: Pick<IntentView, "read" | "status">): Deadline | undefined {
  if (!read.ok) return undefined;
  const { workload, constraints } = read.spec;
  const at = parseDateTime(constraints?.deadline ?? "");
  if (at === undefined) return undefined;
  const timeout = workload.batch?.timeout ?? "0s";
  const hasBegun = status.placement !== undefined;
  if (hasBegun) return { at, latestStart: at, runs: undefined };
  return { at, latestStart: at - millisecondsOf(timeout), runs: timeout };
}
