import type * as z from "zod";
import { letters, nearest } from "./nearest.ts";
import type { Path, Problem } from "./problem.ts";
import { type Form, fieldsByName, itemOf, nameIn, shapeOf } from "./schema-fields.ts";

/** A field somewhere in a schema. */
interface Home {
  /** A name that is read for it. */
  readonly alias: string;
  /** Keys that lead to the object that has it, items of lists as `[]`. */
  readonly parent: readonly string[];
  /** Its place as a document spells it, `storage.volumes[].size`. */
  readonly shown: string;
}

/** More places than these are no hint. */
const MOST = 3;

/** Where a field of that name belongs that the object at `path` does not know: the nearest places, none where there are many. */
export type Homes = (name: string, path: Path) => readonly string[];

/** Finds the homes of the fields of a schema, whatever habits of spelling their names were written in. */
export function homesIn(schema: z.core.$ZodType, form: Form): Homes {
  const byLetters = new Map<string, Home[]>();
  for (const home of fieldsUnder(schema, form, { parent: [], shown: "" })) {
    const known = byLetters.get(letters(home.alias));
    if (known === undefined) byLetters.set(letters(home.alias), [home]);
    else known.push(home);
  }
  return (name, path) => {
    const from = path.map((step) => (typeof step === "number" ? ITEM : step));
    const homes = (byLetters.get(letters(name.slice(0, 100))) ?? []).map(({ parent, shown }) => ({
      shown,
      steps: stepsBetween(from, parent),
    }));
    const least = Math.min(...homes.map(({ steps }) => steps));
    const near = new Set(homes.filter(({ steps }) => steps === least).map(({ shown }) => shown));
    return near.size > MOST ? [] : [...near];
  };
}

const ITEM = "[]";

/** Every field at every depth, by each name that is read for it. */
function fieldsUnder(
  schema: z.core.$ZodType,
  form: Form,
  { parent, shown }: Pick<Home, "parent" | "shown">,
): readonly Home[] {
  const item = itemOf(schema);
  if (item !== undefined)
    return fieldsUnder(item, form, { parent: [...parent, ITEM], shown: `${shown}${ITEM}` });
  const placeOf = (key: string, field: z.core.$ZodType): string =>
    `${shown}${shown === "" ? "" : "."}${nameIn(form, key, field)}`;
  const own = [...fieldsByName(schema, form)].map(
    ([alias, { key, schema: field }]): Home => ({ alias, parent, shown: placeOf(key, field) }),
  );
  const below = Object.entries(shapeOf(schema)).flatMap(([key, field]) =>
    fieldsUnder(field, form, { parent: [...parent, key], shown: placeOf(key, field) }),
  );
  return [...own, ...below];
}

/** Steps up to what both have in common, and down again. */
function stepsBetween(from: readonly string[], to: readonly string[]): number {
  let common = 0;
  while (common < Math.min(from.length, to.length) && from[common] === to[common]) common += 1;
  return from.length + to.length - 2 * common;
}

/**
 * A field that is not known where it stands. One of just that name elsewhere was meant rather than one here with a name like
 * it, unless that differs in spelling alone.
 */
export function unknownField(
  path: string,
  name: string,
  { known, homes }: { readonly known: readonly string[]; readonly homes: readonly string[] },
): Problem {
  const here = nearest(name, known);
  const isHere = homes.length === 0 || (here !== undefined && letters(here) === letters(name));
  const near = isHere ? here : homes.join(" or ");
  const what = isHere ? "there is no such field" : "there is no such field here";
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  return {
    path,
    reason: "unknown",
    message: `${what}; ${hint}`,
    allowed: known,
    ...(near === undefined || (!isHere && homes.length > 1) ? {} : { nearest: near }),
  };
}
