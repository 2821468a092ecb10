import type * as z from "zod";
import { expectationOf } from "./expectation.ts";
import { joinPath, type Path, type Problem, show } from "./problem.ts";
import { isRecord, type ReadDocument } from "./read-document.ts";

/** Nobody reads more. */
const MOST_PROBLEMS = 100;

type Checked<T> =
  | { readonly ok: true; readonly value: T }
  /** `draft` is what remains when everything wrong is taken out. */
  | { readonly ok: false; readonly draft: unknown; readonly problems: readonly Problem[] };

/** Checks a document that was read against its schema: types, bounds, what is required. Fills in defaults. */
export function checkDocument<T>(schema: z.ZodType<T>, document: ReadDocument): Checked<T> {
  const result = schema.safeParse(document.value, { reportInput: true });
  if (result.success && document.problems.length === 0) return { ok: true, value: result.data };
  const issues = result.error?.issues ?? [];
  const found = issues
    .filter((issue) => issue.code !== "unrecognized_keys" && !document.hasProblem(steps(issue)))
    .slice(0, MOST_PROBLEMS)
    .map((issue) => problemOf(issue, document));
  return {
    ok: false,
    draft: draftOf(document, issues.map(steps)),
    problems: [...document.problems, ...found],
  };
}

const steps = (issue: z.core.$ZodIssue): Path =>
  issue.path.filter((step) => typeof step === "string" || typeof step === "number");

function problemOf(issue: z.core.$ZodIssue, document: ReadDocument): Problem {
  const path = document.written(steps(issue));
  if (issue.input === undefined) return { path, reason: "missing", message: "is required" };
  return { path, reason: "invalid", message: `is ${show(issue.input)}, expected ${expectationOf(issue)}` };
}

/** The document without what is wrong, so that the rest can be checked further. A list goes as a whole. */
function draftOf(document: ReadDocument, bad: readonly Path[]): unknown {
  const paths = new Set(bad.map((path) => joinPath(uptoList(path))));
  const keep = (value: unknown, path: Path): unknown => {
    if (!isRecord(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, [...path, key], item] as const);
    return Object.fromEntries(
      entries
        .filter(([, at, item]) => !paths.has(joinPath(at)) && !isTroubled(document, at, item))
        .map(([key, at, item]) => [key, keep(item, at)]),
    );
  };
  return keep(document.value, []);
}

const uptoList = (path: Path): Path => {
  const index = path.findIndex((step) => typeof step === "number");
  return index === -1 ? path : path.slice(0, index);
};

/** Whether a value, or anything in a list, could not be read. */
function isTroubled(document: ReadDocument, path: Path, value: unknown): boolean {
  if (document.hasProblem(path)) return true;
  if (Array.isArray(value)) return value.some((item, index) => isTroubled(document, [...path, index], item));
  const inList = path.some((step) => typeof step === "number");
  return (
    inList &&
    isRecord(value) &&
    Object.entries(value).some(([key, item]) => isTroubled(document, [...path, key], item))
  );
}
