import type { LabelNumbers } from "./label-index.ts";
import type { Condition, Expression, LookupTree } from "./schema.ts";
import { type Evaluate, letValue, NO_LETS, type Test } from "./scope.ts";

/** What expressions refer to by name. */
export interface Context {
  readonly lookups: ReadonlyMap<string, { readonly tree: LookupTree; readonly at: string }>;
  /** Names that `device:` may read. */
  readonly deviceFields: ReadonlySet<string>;
  /** What rules ask of labels; grows while rules are compiled. */
  readonly labels: LabelNumbers;
  /** Slots of the rule's captures and `let` values. */
  readonly names: ReadonlyMap<string, number>;
  /** Expressions stand inside sources and conditions inside expressions; handed in, so that files need no circle. */
  readonly expression: (expression: Expression, context: Context) => Evaluate;
  readonly conditions: (conditions: readonly Condition[] | undefined, context: Context) => Test;
}

/** A reference that cannot be resolved; the message says where and what is known. */
export class UnknownReference extends Error {}

/** Names outside of any rule: none. */
export const NO_NAMES = NO_LETS.names;

/** The slot of a capture or `let` value. */
export function namedValue(name: string, { names }: Context): number {
  const slot = names.get(name);
  if (slot === undefined) {
    const known = [...names.keys()].join(", ") || "none; add it under let";
    throw new UnknownReference(`unknown value ${name}; the rule's let values and captures: ${known}`);
  }
  return slot;
}

/** Text with `{name}` for values of the rule; nothing when one of them has no value. */
export function template(text: string, context: Context): Evaluate {
  const parts = text.split(/\{([a-z][a-z0-9_-]*)\}/);
  const slots = parts.map((part, index) => (index % 2 === 0 ? -1 : namedValue(part, context)));
  const [only] = slots.slice(1, 2);
  if (only !== undefined && parts.length === 3 && parts[0] === "" && parts[2] === "") {
    return (scope) => letValue(scope, only);
  }
  return (scope) => {
    let result = "";
    for (let index = 0; index < parts.length; index += 1) {
      const slot = slots[index] ?? -1;
      const piece = slot < 0 ? parts[index] : letValue(scope, slot);
      if (piece === undefined) return undefined;
      result += piece;
    }
    return result;
  };
}
