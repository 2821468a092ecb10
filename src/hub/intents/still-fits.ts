import { match } from "../../allocation/match.ts";
import { rungsThatKeep } from "../../allocation/relax.ts";
import type { Fallback, Requirement } from "../../allocation/requirement.ts";
import type { Snapshot } from "../../allocation/types.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import { parseMoney } from "../../units/money.ts";
import { asPlacements } from "./places.ts";

/**
 * Whether a changed spec keeps its place: each task would be placed where it is, were its own GPUs free. What was given up
 * for the place stays given up, as far as the spec still allows it without asking. `snapshot`: all that is not its own held.
 */
export function stillFits(
  { placement, decision }: Pick<IntentStatus, "placement" | "decision">,
  requirement: Requirement,
  snapshot: Snapshot,
): boolean {
  const tasks = placement?.tasks ?? [];
  if (fitsWith(tasks, requirement, snapshot)) return true;
  const fallback = decision?.relaxed?.[0] as Exclude<Fallback, "queue"> | undefined;
  if (fallback === undefined) return false;
  const rate = parseMoney(placement?.rate ?? "");
  const taken = {
    placements: asPlacements(tasks, undefined),
    ...(rate?.currency === requirement.currency ? { rate } : {}),
  };
  return rungsThatKeep(snapshot, requirement, fallback, taken).some((rung) =>
    fitsWith(tasks, rung.requirement, snapshot),
  );
}

type Tasks = NonNullable<IntentStatus["placement"]>["tasks"];

function fitsWith(tasks: Tasks, requirement: Requirement, { offers, currencyRates }: Snapshot): boolean {
  if (tasks.length !== requirement.tasks) return false;
  return tasks.every((task) => {
    const offer = offers.find(({ id }) => id === `${task.provider}/${task.node}/${task.resource}`);
    if (offer === undefined || task.units !== requirement.gpu.count) return false;
    return match(requirement, offer, currencyRates).every(({ code }) => code === "gpu-free");
  });
}
