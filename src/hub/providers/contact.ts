import type { KubeError } from "../../kubernetes/kube-error.ts";
import { elapsed } from "../../kubernetes/timing.ts";

/** What goes on with a provider at the same time: `probe`, and the watch of each kind by its plural. */
export type Activity = string;

/** Keeps what works with a provider's API, and what does not. Times in milliseconds. */
export interface Contact {
  works(activity: Activity): void;
  fails(activity: Activity, error: KubeError): void;
  /** What went wrong last with an activity that has not worked since; undefined while all of them work. */
  failure(): KubeError | undefined;
  /** Since when something does not work; undefined while everything works. */
  failingSince(): number | undefined;
  /** When the API answered last, were it with a refusal. */
  lastContactAt(): number | undefined;
}

/**
 * Creates the contact with a provider of which nothing was heard. `onChange` is told after each report. What is kept is
 * how long ago something was, by a clock that never goes back; told is when that was by the clock as it is now.
 */
export function createContact(
  now: () => number,
  onChange: () => void,
  steady: () => number = elapsed,
): Contact {
  const failures = new Map<Activity, KubeError>();
  let contactAt: number | undefined;
  let failingSince: number | undefined;
  const told = (at: number | undefined): number | undefined =>
    at === undefined ? undefined : Math.round(now() - (steady() - at));
  return {
    works: (activity) => {
      failures.delete(activity);
      if (failures.size === 0) failingSince = undefined;
      contactAt = steady();
      onChange();
    },
    fails: (activity, error) => {
      failures.set(activity, error);
      failingSince ??= steady();
      // It said no: that is an answer.
      if (error.status !== undefined) contactAt = steady();
      onChange();
    },
    failure: () => failures.get("probe") ?? failures.get("nodes") ?? failures.values().next().value,
    failingSince: () => told(failingSince),
    lastContactAt: () => told(contactAt),
  };
}
