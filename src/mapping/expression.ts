import { type Context, UnknownReference } from "./context.ts";
import { type ConversionName, convert } from "./convert.ts";
import { captureNames, compilePattern } from "./pattern.ts";
import type { Expression, ExpressionObject } from "./schema.ts";
import type { Evaluate, Scalar, Scope, Test } from "./scope.ts";
import { compileSource, literal } from "./source.ts";

/** Compiles an expression to a closure. A list gives the first element that has a value. */
export function compileExpression(expression: Expression, context: Context): Evaluate {
  if (Array.isArray(expression)) {
    const options = expression.map((option: Expression) => compileExpression(option, context));
    return (scope) => firstOf(options, scope);
  }
  if (typeof expression !== "object") return literal(expression as Scalar, context);
  return compileObject(expression as ExpressionObject, context);
}

function firstOf(options: readonly Evaluate[], scope: Scope): Scalar | undefined {
  const { inferred } = scope;
  const traced = scope.trace?.length ?? 0;
  for (const option of options) {
    const value = option(scope);
    if (value !== undefined) return value;
    // What a failed attempt read is neither a source of the value nor a reason to call it inferred.
    scope.inferred = inferred;
    if (scope.trace) scope.trace.length = traced;
  }
  return undefined;
}

/** The operand of an expression or condition: source, pattern, conversion, arithmetic. */
export function compileObject(object: ExpressionObject, context: Context): Evaluate {
  let evaluate = compileSource(object, context);
  if (object.pattern !== undefined) evaluate = takeApart(evaluate, object.pattern, object.take);
  if (object.convert !== undefined) evaluate = converted(evaluate, object.convert);
  if (object.times !== undefined) {
    evaluate = combined(evaluate, compileExpression(object.times, context), (left, right) => left * right);
  }
  if (object["divided-by"] !== undefined) {
    evaluate = combined(
      evaluate,
      compileExpression(object["divided-by"], context),
      (left, right) => left / right,
    );
  }
  if (object.inferred === true) evaluate = inferred(evaluate);
  return object.when === undefined ? evaluate : guarded(evaluate, context.conditions(object.when, context));
}

function guarded(evaluate: Evaluate, holds: Test): Evaluate {
  return (scope) => (holds(scope) ? evaluate(scope) : undefined);
}

function inferred(evaluate: Evaluate): Evaluate {
  return (scope) => {
    const value = evaluate(scope);
    if (value !== undefined) scope.inferred = true;
    return value;
  };
}

function takeApart(evaluate: Evaluate, pattern: string, take: string | undefined): Evaluate {
  const names = captureNames(pattern);
  const wanted = take ?? names[0];
  if (wanted === undefined || !names.includes(wanted)) {
    throw new UnknownReference(
      `take: ${take ?? "(nothing)"} is no capture of pattern ${JSON.stringify(pattern)}`,
    );
  }
  const match = compilePattern(pattern);
  return (scope) => {
    const value = evaluate(scope);
    return value === undefined ? undefined : match(String(value))?.[wanted];
  };
}

function converted(evaluate: Evaluate, conversion: ConversionName): Evaluate {
  return (scope) => {
    const value = evaluate(scope);
    return value === undefined ? undefined : convert(conversion, value);
  };
}

function combined(
  left: Evaluate,
  right: Evaluate,
  operate: (left: number, right: number) => number,
): Evaluate {
  return (scope) => {
    const first = left(scope);
    const second = first === undefined ? undefined : right(scope);
    if (second === undefined) return undefined;
    const result = operate(Number(first), Number(second));
    return Number.isFinite(result) ? result : undefined;
  };
}
