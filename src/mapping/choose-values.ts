import type { Key } from "../vocabulary/keys.ts";
import type { Problem } from "./result.ts";
import { enterRule, evaluateAlone, readFacts, type Scope } from "./scope.ts";
import type { KeyRules, ValueCandidate } from "./value-rule.ts";

/** A key's value and how it came about. */
export interface Chosen {
  readonly key: Key;
  readonly value: string;
  readonly inferred: boolean;
  readonly rule: string;
  readonly at: string;
  readonly facts: readonly string[];
}

/** Chooses the value of each key: of its candidates the first whose condition holds and whose value is valid. */
export function chooseValues(
  rules: readonly KeyRules[],
  scope: Scope,
  rows: (Chosen | undefined)[],
  problems: Problem[],
): void {
  for (const keyRules of rules) {
    for (const candidate of keyRules.candidates) {
      const found = tryCandidate(keyRules, candidate, scope, problems);
      if (!found) continue;
      rows[keyRules.row] = found;
      break;
    }
  }
}

function tryCandidate(
  { key, textOf }: KeyRules,
  candidate: ValueCandidate,
  scope: Scope,
  problems: Problem[],
): Chosen | undefined {
  // The keys of one rule share its `let` values.
  if (scope.lets !== candidate.lets) enterRule(scope, candidate.lets);
  if (!candidate.when(scope)) return undefined;
  const raw = evaluateAlone(scope, candidate.evaluate);
  if (raw === undefined) return undefined;
  const { rule, at } = candidate;
  const checked = textOf(raw);
  if (checked.ok)
    return { key, value: checked.text, inferred: scope.inferred, rule, at, facts: readFacts(scope) };
  problems.push({
    code: "invalid-value",
    severity: "warning",
    subject: key.key,
    message: `node ${scope.facts.name}: rule ${rule} (${at}) gives ${key.key} the value ${JSON.stringify(checked.raw.slice(0, 80))}; expected ${checked.expected}`,
  });
  return undefined;
}
