import type { Context } from "./context.ts";
import { keyMatcher } from "./key-matcher.ts";
import { numberOf } from "./label-index.ts";
import type { Condition, Expression, ExpressionObject } from "./schema.ts";
import type { Test } from "./scope.ts";

/**
 * Facts of which a node must have at least one for a condition to hold, read off the condition itself. Undefined:
 * nothing is known to be needed. To ask for too little only costs time; to ask for too much would be wrong.
 */
type Needs = Facts | undefined;

interface Facts {
  /** Numbers of names and prefixes in the index of labels. */
  readonly labels: ReadonlySet<number>;
  readonly prefixes: ReadonlySet<number>;
  /** Any allocatable resource. */
  readonly allocatable: boolean;
}

const NOTHING: Facts = { labels: new Set(), prefixes: new Set(), allocatable: false };

/**
 * Whether a node has anything of what a rule's conditions cannot hold without, so that a node of one vendor does not
 * pay for the rules of the others.
 */
export function compileNeeds(
  conditions: readonly Condition[] | undefined,
  lets: Readonly<Record<string, Expression>> | undefined,
  context: Context,
): Test {
  const needs = needsOf(lets ?? {}, context)(conditions ?? []);
  if (!needs) return () => true;
  const labels = [...needs.labels];
  const prefixes = [...needs.prefixes];
  return (scope) => {
    if (needs.allocatable && scope.facts.allocatable) return true;
    for (const number of labels) if (scope.labels.values[number] !== undefined) return true;
    for (const number of prefixes) if (scope.labels.keys[number] !== undefined) return true;
    return false;
  };
}

function needsOf(
  lets: Readonly<Record<string, Expression>>,
  { labels }: Context,
): (conditions: readonly Condition[]) => Needs {
  const ofLets = new Map<string, Needs>();

  const ofAll = (conditions: readonly Condition[]): Needs => fewest(conditions.map(ofCondition));

  function ofCondition(condition: Condition): Needs {
    if ("any" in condition) return together(condition.any.map(ofCondition));
    if ("all" in condition) return ofAll(condition.all);
    if ("none" in condition) return undefined;
    return holdsOfNothing(condition) ? undefined : ofObject(condition);
  }

  function ofExpression(expression: Expression): Needs {
    if (Array.isArray(expression)) return together(expression.map(ofExpression));
    return typeof expression === "object" ? ofObject(expression as ExpressionObject) : undefined;
  }

  const ofObject = (object: ExpressionObject): Needs => fewest([ofAll(object.when ?? []), ofSource(object)]);

  function ofSource({ label, keys, allocatable, resources, path, let: name }: ExpressionObject): Needs {
    if (label !== undefined && !label.includes("{"))
      return { ...NOTHING, labels: new Set([numberOf(label, labels.names)]) };
    if (keys !== undefined)
      return { ...NOTHING, prefixes: new Set([numberOf(keyMatcher(keys).prefix, labels.prefixes)]) };
    if (allocatable !== undefined || resources !== undefined) return { ...NOTHING, allocatable: true };
    if (path !== undefined) return fewest(path.map(ofExpression));
    return name === undefined ? undefined : ofLet(name);
  }

  function ofLet(name: string): Needs {
    const expression = lets[name];
    // Captures have no expression; what is on its way names itself.
    if (expression === undefined || ofLets.has(name)) return ofLets.get(name);
    ofLets.set(name, undefined);
    const needs = ofExpression(expression);
    ofLets.set(name, needs);
    return needs;
  }

  return ofAll;
}

const holdsOfNothing = (condition: Condition & object): boolean =>
  ("exists" in condition && condition.exists === false) || "is-not" in condition || "not-in" in condition;

const sizeOf = ({ labels, prefixes, allocatable }: Facts): number =>
  labels.size + prefixes.size + (allocatable ? 1 : 0);

/** Where all must hold, the needs of each are needs of the whole; the fewest are the quickest to ask for. */
const fewest = (parts: readonly Needs[]): Needs =>
  parts.reduce((best, needs) => (needs && (!best || sizeOf(needs) < sizeOf(best)) ? needs : best), undefined);

/** Where one is enough, the whole needs something of any of them. */
function together(parts: readonly Needs[]): Needs {
  const known = parts.filter((needs) => needs !== undefined);
  if (known.length < parts.length) return undefined;
  return {
    labels: new Set(known.flatMap(({ labels }) => [...labels])),
    prefixes: new Set(known.flatMap(({ prefixes }) => [...prefixes])),
    allocatable: known.some(({ allocatable }) => allocatable),
  };
}
