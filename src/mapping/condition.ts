import type { Context } from "./context.ts";
import { compileObject } from "./expression.ts";
import { compilePattern } from "./pattern.ts";
import type { Condition, ExpressionObject, OperatorSet } from "./schema.ts";
import type { Scalar, Test } from "./scope.ts";

/** Compiles conditions to one test; all must hold, an empty list always does. */
export function compileConditions(conditions: readonly Condition[] | undefined, context: Context): Test {
  const [first, second, ...more] = (conditions ?? []).map((condition) =>
    compileCondition(condition, context),
  );
  if (!first) return () => true;
  if (!second) return first;
  return (scope) => first(scope) && second(scope) && more.every((test) => test(scope));
}

function compileCondition(condition: Condition, context: Context): Test {
  if ("any" in condition) {
    const tests = condition.any.map((inner) => compileCondition(inner, context));
    return (scope) => tests.some((test) => test(scope));
  }
  if ("all" in condition) return compileConditions(condition.all, context);
  if ("none" in condition) {
    const tests = condition.none.map((inner) => compileCondition(inner, context));
    return (scope) => !tests.some((test) => test(scope));
  }
  const operand = compileObject(condition as ExpressionObject, context);
  const holds = compileOperator(condition);
  return (scope) => holds(operand(scope));
}

/** Absence is an input of its own: it satisfies `exists: false`, `is-not` and `not-in`, and nothing else. */
function compileOperator(operator: OperatorSet): (value: Scalar | undefined) => boolean {
  if (operator.exists !== undefined) {
    const wanted = operator.exists;
    return (value) => (value !== undefined) === wanted;
  }
  if (operator.is !== undefined) return equals(operator.is);
  if (operator["is-not"] !== undefined) return not(equals(operator["is-not"]));
  if (operator.in !== undefined) return oneOf(operator.in);
  if (operator["not-in"] !== undefined) return not(oneOf(operator["not-in"]));
  if (operator["at-least"] !== undefined) {
    const least = operator["at-least"];
    return (value) => number(value) >= least;
  }
  if (operator["at-most"] !== undefined) {
    const most = operator["at-most"];
    return (value) => number(value) <= most;
  }
  const match = compilePattern(operator.matches ?? "");
  return (value) => value !== undefined && match(String(value)) !== undefined;
}

const equals = (wanted: Scalar) => {
  const text = String(wanted);
  return (value: Scalar | undefined): boolean => value !== undefined && String(value) === text;
};

const oneOf = (wanted: readonly Scalar[]) => {
  const texts = new Set(wanted.map(String));
  return (value: Scalar | undefined): boolean => value !== undefined && texts.has(String(value));
};

const not =
  (test: (value: Scalar | undefined) => boolean) =>
  (value: Scalar | undefined): boolean =>
    !test(value);

/** NaN for what is no number, so that no comparison with it holds. */
const number = (value: Scalar | undefined): number =>
  typeof value === "number" || /^-?[0-9]{1,15}(\.[0-9]{1,15})?$/.test(String(value))
    ? Number(value)
    : Number.NaN;
