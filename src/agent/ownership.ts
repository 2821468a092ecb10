import type { FieldMap } from "./fields.ts";
import type { NodeView } from "./node-view.ts";

/** A field we would write, were it not somebody else's. */
export interface OverriddenField {
  readonly field: string;
  readonly manager: string;
}

/** A conflict the server told us of: what was on the Node then, so that we try again only when that changes. */
export interface RefusedField {
  readonly manager: string;
  readonly present: string | undefined;
}

export interface Respectful {
  /** What we may write. */
  readonly wanted: FieldMap;
  /** What others keep from us, sorted by field. */
  readonly overridden: readonly OverriddenField[];
  /** The refusals that still stand. */
  readonly refused: ReadonlyMap<string, RefusedField>;
}

/**
 * Leaves to others what is theirs. A field that another manager owns with the value we want is no conflict: both own it.
 * The Node's managedFields tell most owners beforehand; `refused` holds what only the server's answer told.
 */
export function respectOwners(
  view: Pick<NodeView, "foreign" | "present">,
  wanted: FieldMap,
  refused: ReadonlyMap<string, RefusedField>,
): Respectful {
  const mine: Record<string, string> = {};
  const overridden: OverriddenField[] = [];
  const standing = new Map<string, RefusedField>();
  for (const [field, value] of Object.entries(wanted)) {
    const present = view.present[field];
    const refusal = refused.get(field);
    const stands = refusal !== undefined && refusal.present === present;
    const owner = view.foreign.get(field) ?? (stands ? refusal.manager : undefined);
    if (owner === undefined || present === value) {
      mine[field] = value;
      continue;
    }
    overridden.push({ field, manager: owner });
    if (stands) standing.set(field, refusal);
  }
  overridden.sort((left, right) => (left.field < right.field ? -1 : 1));
  return { wanted: mine, overridden, refused: standing };
}
