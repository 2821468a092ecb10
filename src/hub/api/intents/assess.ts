import { decide } from "../../../allocation/decide.ts";
import type { Decision, NotPlaced, Placed } from "../../../allocation/decision.ts";
import { relax } from "../../../allocation/relax.ts";
import type { Requirement } from "../../../allocation/requirement.ts";
import type { Snapshot } from "../../../allocation/types.ts";
import type { Problem } from "../../../intent/problem.ts";
import type { IntentSpec } from "../../../intent/spec-schema.ts";
import type { IntentMeaning } from "../../intents/meaning.ts";
import { requirementOf } from "../../intents/requirement.ts";
import { problemError } from "../api-error.ts";

/** What would come of a request if it were made now. */
export type Assessment =
  | { readonly outcome: "placed"; readonly decision: Placed }
  /** With something given up that the request allows to give up. */
  | { readonly outcome: "relaxed"; readonly decision: Placed; readonly fallback: string }
  /** It has no place now, and would have one if others left. */
  | { readonly outcome: "queued"; readonly decision: NotPlaced }
  | { readonly outcome: "refused"; readonly decision: NotPlaced };

/** What a request asks of the allocator. Throws what nobody can understand or honour, at paths of the request below `root`. */
export function readRequirement(
  spec: IntentSpec,
  meaning: IntentMeaning,
  { tenant, now, root }: { readonly tenant: string; readonly now: number; readonly root: string },
): Requirement {
  const read = requirementOf(spec, { ...meaning, tenant, now });
  if (read.ok) return read.requirement;
  throw problemError(read.problems.map((problem) => ({ ...problem, path: restPath(problem, root) })));
}

/** Rules speak of the custom resource: `spec.constraints.maxHourlyCost` is `intent.constraints.max_hourly_cost` here. */
const restPath = ({ path }: Problem, root: string): string =>
  path
    .replace(/^spec\.?/, root === "" ? "" : `${root}.`)
    .replace(/([a-z0-9])([A-Z])/g, (_, left: string, right: string) => `${left}_${right.toLowerCase()}`);

/** Decides what would come of a requirement on these offers. */
export function assess(snapshot: Snapshot, requirement: Requirement): Assessment {
  const decision: Decision = decide(snapshot, requirement);
  if (decision.placed) return { outcome: "placed", decision };
  const relaxed = relax(snapshot, requirement);
  if (relaxed.outcome === "placed" && !relaxed.needsConsent)
    return { outcome: "relaxed", decision: relaxed.decision, fallback: relaxed.rung.fallback };
  const mayWait = relaxed.outcome === "queue" || relaxed.outcome === "placed";
  return { outcome: mayWait && decision.couldFit ? "queued" : "refused", decision };
}
