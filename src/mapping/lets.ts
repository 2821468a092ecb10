import { type Context, UnknownReference } from "./context.ts";
import type { Expression } from "./schema.ts";
import { type Evaluate, type Lets, letsOf, NO_LETS } from "./scope.ts";

/**
 * Settles the slots of a rule's captures and `let` values and compiles the latter; `context` is what the rule's own
 * expressions are compiled with.
 */
export function compileLets(
  captures: readonly string[],
  lets: Readonly<Record<string, Expression>> | undefined,
  outer: Context,
): { readonly lets: Lets; readonly context: Context } {
  const own = Object.keys(lets ?? {});
  const twice = own.find((name) => captures.includes(name));
  if (twice !== undefined)
    throw new UnknownReference(`let ${twice} has the name of a capture; choose another`);
  if (own.length + captures.length === 0)
    return { lets: NO_LETS, context: { ...outer, names: NO_LETS.names } };
  const names = new Map([...captures, ...own].map((name, slot) => [name, slot]));
  const context = { ...outer, names };
  const expressions: (Evaluate | undefined)[] = captures.map(() => undefined);
  for (const expression of Object.values(lets ?? {})) expressions.push(outer.expression(expression, context));
  return { lets: letsOf(names, expressions), context };
}
