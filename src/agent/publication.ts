import type { FieldMap } from "./fields.ts";

/** What the planner remembers between passes. Nothing of it outlives the process. */
export interface PublicationState {
  /** Since when (ms) a published field is no longer wanted. */
  readonly unwantedSince: Readonly<Record<string, number>>;
}

export const NO_STATE: PublicationState = { unwantedSince: {} };

export interface PublicationClock {
  /** Milliseconds. */
  readonly now: number;
  /** How long a field stays after it was last wanted. */
  readonly graceMs: number;
}

export interface NextPublication {
  /** Everything our manager should own from now on; undefined when that is on the Node already. */
  readonly apply: FieldMap | undefined;
  readonly state: PublicationState;
  /** When to look again (ms), because a grace period ends then. */
  readonly recheckAt: number | undefined;
}

/**
 * Plans the next write: wanted values at once, withdrawals only after the grace period. So a GPU operator that restarts,
 * or loses its product label for some seconds, takes nothing from the Node; and since the state starts empty, neither does
 * a restart of the agent.
 */
export function nextPublication(
  published: FieldMap,
  wanted: FieldMap,
  state: PublicationState,
  clock: PublicationClock,
): NextPublication {
  const target: Record<string, string> = { ...wanted };
  const unwantedSince: Record<string, number> = {};
  let recheckAt: number | undefined;
  for (const [field, value] of Object.entries(published)) {
    if (Object.hasOwn(wanted, field)) continue;
    const since = state.unwantedSince[field] ?? clock.now;
    const until = since + clock.graceMs;
    if (until <= clock.now) continue;
    target[field] = value;
    unwantedSince[field] = since;
    recheckAt = Math.min(recheckAt ?? until, until);
  }
  return { apply: sameFields(published, target) ? undefined : target, state: { unwantedSince }, recheckAt };
}

/** True when both hold the same fields with the same values. */
export function sameFields(left: FieldMap, right: FieldMap): boolean {
  const fields = Object.keys(left);
  return fields.length === Object.keys(right).length && fields.every((field) => left[field] === right[field]);
}
