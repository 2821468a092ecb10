import { type Availability, type AvailabilitySpec, availabilityAt } from "../../intent/availability.ts";
import { millisecondsOf } from "../../intent/values.ts";
import { parseDateTime } from "../../units/dates.ts";
import { timestamp } from "./conditions.ts";
import type { IntentView } from "./intent-view.ts";

/** Working one out may look at a year of days: it is done once for each state of an Intent and each stretch of time. */
const known = new WeakMap<AvailabilitySpec, { readonly from: number; readonly said: Availability }>();

/** Whether its hours, days and dates let it run now (ms since 1970), and until when; undefined where it has none. */
export function hoursOf({ read }: Pick<IntentView, "read">, now: number): Availability | undefined {
  const spec = read.ok ? read.spec.constraints?.availability : undefined;
  if (spec === undefined) return undefined;
  const last = known.get(spec);
  // A clock that was stepped back leaves the stretch that is known.
  if (last !== undefined && now >= last.from && now < (last.said.changesAt ?? last.from)) return last.said;
  const said = availabilityAt(spec, now);
  known.set(spec, { from: now, said });
  return said;
}

/** Outside of its hours nothing of it runs. */
export const isClosed = (view: Pick<IntentView, "read">, now: number): boolean =>
  hoursOf(view, now)?.open === false;

/** Until when nothing runs, and why. */
export function sayClosed({ reason, changesAt }: Availability): string {
  const until = changesAt === undefined ? "and does not open within a year" : `until ${timestamp(changesAt)}`;
  return `closed ${until} by constraints.availability (${reason})`;
}

/** What an Intent's deadline comes to. Times in milliseconds since 1970. */
export interface Deadline {
  readonly at: number;
  /** The latest start that is sure to be in time; what has begun may be nearly done, so it only has to go on before. */
  readonly latestStart: number;
  /** How both are told. */
  readonly said: string;
}

/** The deadline of a batch; undefined where it has none. */
export function deadlineOf({ read, status }: Pick<IntentView, "read" | "status">): Deadline | undefined {
  if (!read.ok) return undefined;
  const { workload, constraints } = read.spec;
  const at = parseDateTime(constraints?.deadline ?? "");
  if (at === undefined) return undefined;
  const timeout = workload.batch?.timeout ?? "0s";
  const hasBegun = status.placement !== undefined;
  const said = `constraints.deadline (${timestamp(at)})`;
  if (hasBegun) return { at, latestStart: at, said };
  return {
    at,
    latestStart: at - millisecondsOf(timeout),
    said: `${said}, less workload.batch.timeout (${timeout})`,
  };
}
