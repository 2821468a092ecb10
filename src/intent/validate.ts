import { constraintRules } from "./constraint-rules.ts";
import { gpuRules } from "./gpu-rules.ts";
import { joinPath, type Path, type Problem } from "./problem.ts";
import { type Draft, type Rule, toPath } from "./rule.ts";
import type { IntentSpec } from "./spec-schema.ts";
import { storageRules } from "./storage-rules.ts";
import { workloadRules } from "./workload-rules.ts";

const RULES: readonly Rule[] = [...workloadRules, ...gpuRules, ...storageRules, ...constraintRules];

/** What a spec contradicts itself in or asks for in vain. Paths begin with `spec`. */
export function validateIntent(spec: IntentSpec): readonly Problem[] {
  return findContradictions(spec, (path) => joinPath(["spec", ...path]));
}

/** The same of a spec with gaps; `written` names a path in its author's spelling. */
export function findContradictions(draft: Draft, written: (path: Path) => string): readonly Problem[] {
  const problems: Problem[] = [];
  const named = (path: string): string => written(toPath(path));
  for (const rule of RULES) {
    rule(
      draft,
      (path, message, reason = "invalid") => problems.push({ path: named(path), message, reason }),
      named,
    );
  }
  return problems;
}
