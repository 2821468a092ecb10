import { emptied } from "./capacity.ts";
import { decide } from "./decide.ts";
import type { Decision, Placed } from "./decision.ts";
import { taskPerformance } from "./figures.ts";
import { checksOf, fitsWhenFree } from "./match.ts";
import type { SuggestionCode } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";
import { sayStep } from "./say-step.ts";
import { stepsFor } from "./steps.ts";
import type { Money, Snapshot } from "./types.ts";

/** One change of the requirement with which it fits now. */
export interface Suggestion {
  readonly code: SuggestionCode;
  /** The change in words: `a GPU with 40 GiB instead of 80 GiB`. */
  readonly alternative: string;
  readonly requirement: Requirement;
  /** Where it would go: the cheapest place with this change. */
  readonly decision: Placed;
  readonly rate?: Money;
  /**
   * Rate against what was asked: the cheapest offer that is only busy now, else the money bound. Absent where neither
   * is there to compare with.
   */
  readonly costDifference?: Money;
  /** Share of performance won (0.2) or lost (-0.2) against the same offer; absent without one. */
  readonly performanceDifference?: number;
}

/**
 * What would fit: for each condition that stood in the way, the smallest change of this condition alone with which all
 * tasks have a place now, there the cheapest one. Cheapest suggestions first. Every suggestion was tried.
 */
export function suggest(snapshot: Snapshot, requirement: Requirement): readonly Suggestion[] {
  const decision = decide(snapshot, requirement);
  if (decision.placed) return [];
  const asked = baselineOf(snapshot, requirement);
  const found = codesOf(decision).flatMap((code) => suggestFor(snapshot, requirement, code, asked) ?? []);
  // Two reasons may lead to the same change: fewer GPUs help a full node and a small one.
  return [...new Map(found.map((suggestion) => [suggestion.alternative, suggestion])).values()].sort(
    (left, right) => costOf(left) - costOf(right) || (left.code < right.code ? -1 : 1),
  );
}

const costOf = ({ rate }: Suggestion): number => rate?.amount ?? Number.MAX_VALUE;

function codesOf(decision: Extract<Decision, { placed: false }>): readonly SuggestionCode[] {
  const codes = new Set<SuggestionCode>(decision.rejected.map(({ code }) => code));
  const { code } = decision.failure;
  if (code === "capacity") codes.add("tasks").add("strategy");
  else if (code === "distribution") codes.add("strategy");
  else if (code !== "no-offer-fits") codes.add(code).add("tasks");
  return [...codes];
}

function suggestFor(
  snapshot: Snapshot,
  requirement: Requirement,
  code: SuggestionCode,
  asked: Baseline,
): Suggestion | undefined {
  const cheapest = (changed: Requirement): Decision => decide(snapshot, { ...changed, objective: "cost" });
  for (const changed of stepsFor(code, { snapshot, requirement, cheapest })) {
    const decision = cheapest(changed);
    if (!decision.placed) continue;
    return {
      code,
      alternative: sayStep(code, requirement, changed),
      requirement: changed,
      decision,
      ...(decision.rate && { rate: decision.rate }),
      ...differences(snapshot, changed, decision, asked),
    };
  }
  return undefined;
}

/** What the asked would cost and give if it were free. */
interface Baseline {
  readonly rate?: number;
  readonly performance?: number;
}

function baselineOf({ offers, currencyRates }: Snapshot, requirement: Requirement): Baseline {
  const checks = checksOf(requirement, currencyRates);
  const busy = offers.filter((offer) => fitsWhenFree(checks, offer)).map(emptied);
  const modest: Requirement = { ...requirement, cpu: 0, memoryGi: 0, objective: "cost" };
  const decision = decide({ offers: busy, currencyRates }, modest);
  if (!decision.placed) {
    const bound = requirement.constraints.maxHourly;
    return bound?.currency === requirement.currency ? { rate: bound.amount } : {};
  }
  const performance = performanceOf({ offers: busy, currencyRates }, modest, decision);
  return {
    ...(decision.rate && { rate: decision.rate.amount }),
    ...(performance !== undefined && { performance }),
  };
}

function differences(
  snapshot: Snapshot,
  requirement: Requirement,
  decision: Placed,
  asked: Baseline,
): Pick<Suggestion, "costDifference" | "performanceDifference"> {
  const performance = performanceOf(snapshot, requirement, decision);
  return {
    ...(decision.rate &&
      asked.rate !== undefined && {
        costDifference: { ...decision.rate, amount: decision.rate.amount - asked.rate },
      }),
    ...(performance !== undefined &&
      asked.performance !== undefined &&
      asked.performance > 0 && { performanceDifference: performance / asked.performance - 1 }),
  };
}

/** Performance of all tasks; undefined where an offer does not tell it. */
function performanceOf(
  { offers }: Snapshot,
  requirement: Requirement,
  { placements }: Placed,
): number | undefined {
  const tasks = new Map(placements.map((placement) => [placement.offer, placement.tasks]));
  return offers
    .filter(({ id }) => tasks.has(id))
    .map((offer) => {
      const performance = taskPerformance(offer, requirement);
      return performance === undefined ? undefined : performance * (tasks.get(offer.id) ?? 0);
    })
    .reduce((sum, part) => (sum === undefined || part === undefined ? undefined : sum + part), 0);
}
