import * as z from "zod";
import type { FieldHints } from "./fields.ts";
import { type Homes, homesIn, unknownField } from "./misplaced.ts";
import { letters, nearest } from "./nearest.ts";
import { joinPath, type Path, type Problem, show } from "./problem.ts";
import {
  bare,
  type Form,
  fieldsByName,
  hintsOf,
  itemOf,
  type NamedField,
  nameIn,
  shapeOf,
  valueIn,
} from "./schema-fields.ts";
import { readValue } from "./values.ts";

export interface ReadOptions {
  readonly form: Form;
  /** Where the document's root stands in messages, such as `["spec"]`. */
  readonly root?: Path;
  /** Of amounts that name none. */
  readonly currency?: string;
}

/** A document in the names and notations of its schema, checked no further, and what could not be read of it. */
export interface ReadDocument {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Whether something was reported at this canonical path or above it. */
  hasProblem(path: Path): boolean;
  /** A canonical path in the author's spelling. */
  written(path: Path): string;
}

/**
 * Reads a document in either form into the names of its schema: aliases and misspellings, enumerations in any
 * spelling, texts with units in their canonical notation. What cannot be read stays as it is, beside a problem.
 */
export function readDocument(schema: z.core.$ZodType, input: unknown, options: ReadOptions): ReadDocument {
  const reader = createReader(schema, options);
  const value = reader.read(schema, input, []) ?? {};
  return {
    value,
    problems: reader.problems,
    hasProblem: (path) => path.some((_, index) => reader.troubled.has(joinPath(path.slice(0, index + 1)))),
    written: (path) => reader.written(path),
  };
}

/** Looking for the nearest name costs time, and nobody reads more: a hostile document has no end of unknown fields. */
const MOST_PROBLEMS = 100;
/** No list of a schema may be longer; what comes after is not read, and the list refused. */
const LONGEST_LIST = 1000;

interface Reader {
  readonly problems: readonly Problem[];
  /** Canonical paths with a problem. */
  readonly troubled: ReadonlySet<string>;
  read(schema: z.core.$ZodType, value: unknown, path: Path): unknown;
  written(path: Path): string;
}

function createReader(top: z.core.$ZodType, { form, root = [], currency }: ReadOptions): Reader {
  const problems: Problem[] = [];
  const troubled = new Set<string>();
  /** How the author named a field, by canonical path. */
  const names = new Map<string, string>();

  const written = (path: Path): string => {
    let at: z.core.$ZodType | undefined = top;
    const steps = path.map((step, index) => {
      const shape = shapeOf(at);
      const field: z.core.$ZodType | undefined = Object.hasOwn(shape, step) ? shape[step] : undefined;
      at = field ?? itemOf(at);
      const proper = field === undefined ? step : nameIn(form, String(step), field);
      return names.get(joinPath(path.slice(0, index + 1))) ?? proper;
    });
    return joinPath([...root, ...steps]);
  };

  const homes = lazyHomes(top, form);
  const isFull = (): boolean => problems.length >= MOST_PROBLEMS;
  const report = (path: Path, problem: Omit<Problem, "path">): void => {
    troubled.add(joinPath(path));
    if (!isFull()) problems.push({ path: written(path), ...problem });
  };

  const read = (schema: z.core.$ZodType, value: unknown, path: Path): unknown => {
    const inner = bare(schema);
    if (value === null || value === undefined) return undefined;
    if (inner instanceof z.ZodObject) return readObject(inner, value, path);
    if (inner instanceof z.ZodArray && Array.isArray(value)) {
      return value.map((item: unknown, index) =>
        index > LONGEST_LIST ? item : (read(inner.element, item, [...path, index]) ?? item),
      );
    }
    if (inner instanceof z.ZodRecord && isRecord(value)) {
      const entries = Object.entries(value);
      return Object.fromEntries(
        entries.map(([key, item]) => [key, read(inner.valueType, item, [...path, key])]),
      );
    }
    const leaf = readLeaf(inner, value, form, currency);
    if (leaf.ok) return leaf.value;
    report(path, leaf.problem);
    return value;
  };

  const readObject = (schema: z.ZodObject, value: unknown, path: Path): unknown => {
    if (!isRecord(value)) {
      report(path, { reason: "invalid", message: `is ${show(value)}, expected an object` });
      return value;
    }
    const fields = fieldsByName(schema, form);
    const result: Record<string, unknown> = {};
    for (const name of aliasesFirst(Object.keys(value), fields)) {
      const field = fields.get(name);
      if (field === undefined) {
        const where = `${written(path)}.${name}`.replace(/^\./, "");
        if (!isFull())
          problems.push(
            unknownField(where, name, {
              known: properNames(fields),
              homes: homes(name, path).map((home) => joinPath([...root, home])),
            }),
          );
        continue;
      }
      const at = [...path, field.key];
      names.set(joinPath(at), name);
      const item = read(field.schema, value[name], at);
      if (item !== undefined) result[field.key] = joined(result[field.key], item);
    }
    return result;
  };

  return { problems, troubled, read, written };
}

/** Few documents have fields that nobody knows. */
function lazyHomes(top: z.core.$ZodType, form: Form): Homes {
  let homes: Homes | undefined;
  return (name, path) => {
    homes ??= homesIn(top, form);
    return homes(name, path);
  };
}

const properNames = (fields: ReadonlyMap<string, NamedField>): readonly string[] =>
  [...fields].filter(([, field]) => field.isProper).map(([known]) => known);

/** Objects that were given under two names become one. */
const joined = (before: unknown, item: unknown): unknown =>
  isRecord(before) && isRecord(item) ? { ...before, ...item } : item;

/** Where a field is given under two names, the right one comes last and wins. */
const aliasesFirst = (
  names: readonly string[],
  fields: ReadonlyMap<string, NamedField>,
): readonly string[] => [
  ...names.filter((name) => fields.get(name)?.isProper === false),
  ...names.filter((name) => fields.get(name)?.isProper !== false),
];

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Leaf =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Omit<Problem, "path"> };

function readLeaf(schema: z.core.$ZodType, value: unknown, form: Form, currency: string | undefined): Leaf {
  const hint = hintsOf(schema);
  // Programs written in Go send the empty string for what was not set.
  if (value === "" || (hint.any === true && typeof value === "string" && letters(value) === "any")) {
    return { ok: true, value: undefined };
  }
  if (schema instanceof z.ZodEnum) return readChoice(schema.options.map(String), value, hint, form);
  if (hint.kind !== undefined) {
    const read = readValue(hint.kind, value, currency);
    return read.ok ? read : invalid(`is ${show(value)}, expected ${read.expected}`);
  }
  const isNumber =
    schema instanceof z.ZodNumber && typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim());
  return { ok: true, value: isNumber ? Number(value) : value };
}

function readChoice(options: readonly string[], value: unknown, hint: FieldHints, form: Form): Leaf {
  const word = typeof value === "string" ? letters(value) : "";
  const found = options.find((option) => letters(option) === word) ?? own(hint.values, word);
  if (found !== undefined) return { ok: true, value: found };
  const allowed = options.map((option) => valueIn(form, option, hint));
  const near = nearest(word, allowed);
  const help = own(hint.instead, word) ?? (near === undefined ? undefined : `did you mean ${near}?`);
  const expected = `is ${show(value)}, expected one of ${allowed.join(", ")}`;
  return {
    ok: false,
    problem: {
      reason: "invalid",
      message: help === undefined ? expected : `${expected}; ${help}`,
      allowed,
      ...(near === undefined ? {} : { nearest: near }),
    },
  };
}

const own = (map: Readonly<Record<string, string>> | undefined, key: string): string | undefined =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;

const invalid = (message: string): Leaf => ({ ok: false, problem: { reason: "invalid", message } });
