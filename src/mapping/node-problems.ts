import { compileConditions } from "./condition.ts";
import { type Context, template } from "./context.ts";
import { compileExpression } from "./expression.ts";
import { compileLets } from "./lets.ts";
import { walk } from "./lookup.ts";
import { compileNeeds } from "./needs.ts";
import type { Problem } from "./result.ts";
import type { LookupTree, ProblemRule } from "./schema.ts";
import { type Evaluate, enterRule, type Lets, type Scope, type Test } from "./scope.ts";

/** A compiled rule that reports something about a node. */
export interface CompiledProblemRule {
  readonly unlessFound: string | undefined;
  /** Whether the node has anything of what the rule cannot do without. */
  readonly needed: Test;
  readonly lets: Lets;
  readonly when: Test;
  readonly subject: Evaluate;
  readonly message: Evaluate;
  readonly problem: Pick<Problem, "code" | "severity">;
}

/** Compiles a rule of the `problems` section. */
export function compileProblemRule(rule: ProblemRule, outer: Context): CompiledProblemRule {
  const { lets, context } = compileLets(["node"], rule.let, outer);
  return {
    unlessFound: rule["unless-found"],
    needed: compileNeeds(rule.when, rule.let, context),
    lets,
    when: compileConditions(rule.when, context),
    subject: compileExpression(rule.subject, context),
    message: template(rule.message, context),
    problem: { code: rule.code, severity: rule.severity },
  };
}

/** What the tables have to say about a node beside its devices; `found` are the vendors whose devices were found. */
export function findProblems(
  rules: readonly CompiledProblemRule[],
  scope: Scope,
  found: ReadonlySet<string>,
): readonly Problem[] {
  const problems: Problem[] = [];
  const captures = { node: scope.facts.name };
  for (const rule of rules) {
    if (rule.unlessFound !== undefined && found.has(rule.unlessFound)) continue;
    if (!rule.needed(scope)) continue;
    enterRule(scope, rule.lets, captures);
    if (!rule.when(scope)) continue;
    problems.push({
      ...rule.problem,
      subject: String(rule.subject(scope) ?? scope.facts.name),
      message: String(rule.message(scope) ?? ""),
    });
  }
  return problems;
}

/** GPUs that the hardware shows and nobody offers: no device plugin, no DRA driver, or none of its devices healthy. */
export function unofferedHardware(
  scope: Scope,
  vendors: LookupTree | undefined,
  found: ReadonlySet<string>,
): readonly Problem[] {
  const gpus = scope.facts.hardware?.gpus ?? [];
  if (gpus.length === 0) return [];
  return Object.keys(vendors ?? {}).flatMap((vendor) => {
    const id = vendors && walk(vendors, [vendor]);
    const seen = gpus.filter((gpu) => gpu.vendor === id);
    if (seen.length === 0 || found.has(vendor)) return [];
    return [
      {
        code: "not-allocatable",
        severity: "info",
        subject: vendor,
        message: `node ${scope.facts.name}: the hardware has ${seen.length} ${vendor} display or accelerator device(s) (${[...new Set(seen.map((gpu) => `${gpu.vendor}:${gpu.device}`))].join(", ")}), and nothing makes them allocatable; is the vendor's device plugin or DRA driver running?`,
      } as const,
    ];
  });
}
