import type { Condition, IntentStatus } from "../../intent/status-schema.ts";
import type { ConditionType } from "./intent-view.ts";

/** What a condition is to say. */
export interface Verdict {
  readonly status: Condition["status"];
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

const ORDER: readonly ConditionType[] = ["Admitted", "Reserved", "Offloaded", "Deployed", "Ready"];
const LONGEST_MESSAGE = 32_000;

export const yes = (reason: string, message: string): Verdict => ({ status: "True", reason, message });
export const no = (reason: string, message: string): Verdict => ({ status: "False", reason, message });

/**
 * The conditions with these verdicts put in. The time of a transition is kept while the status stays what it was.
 * `now` in milliseconds.
 */
export function withConditions(
  before: IntentStatus["conditions"],
  verdicts: Partial<Record<ConditionType, Verdict>>,
  { generation, now }: { readonly generation: number; readonly now: number },
): Condition[] {
  return ORDER.flatMap((type): Condition[] => {
    const known = before?.find((condition) => condition.type === type);
    const verdict = verdicts[type];
    if (verdict === undefined) return known === undefined ? [] : [known];
    return [
      {
        type,
        status: verdict.status,
        reason: verdict.reason,
        message: verdict.message.slice(0, LONGEST_MESSAGE),
        lastTransitionTime: known?.status === verdict.status ? known.lastTransitionTime : timestamp(now),
        observedGeneration: generation,
      },
    ];
  });
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
