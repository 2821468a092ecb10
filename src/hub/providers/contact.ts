import type { KubeError } from "../../kubernetes/kube-error.ts";

/** What goes on with a provider at the same time. */
export type Activity = "probe" | "nodes" | "pods";

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

/** Creates the contact with a provider of which nothing was heard. `onChange` is told after each report. */
export function createContact(now: () => number, onChange: () => void): Contact {
  const failures = new Map<Activity, KubeError>();
  let contactAt: number | undefined;
  let failingSince: number | undefined;
  return {
    works: (activity) => {
      failures.delete(activity);
      if (failures.size === 0) failingSince = undefined;
      contactAt = now();
      onChange();
    },
    fails: (activity, error) => {
      failures.set(activity, error);
      failingSince ??= now();
      // It said no: that is an answer.
      if (error.status !== undefined) contactAt = now();
      onChange();
    },
    failure: () => failures.get("probe") ?? failures.get("nodes") ?? failures.get("pods"),
    failingSince: () => failingSince,
    lastContactAt: () => contactAt,
  };
}
