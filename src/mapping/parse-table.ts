import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type * as z from "zod";
import { type TableContent, tableSchema } from "./schema.ts";

/** A table file as text. `site` tables come before `built-in` ones wherever the first match wins. */
export interface TableSource {
  /** Name for messages: `mappings/nvidia.yaml`, `configmap flare-system/flare-mappings: prices.yaml`. */
  readonly file: string;
  readonly text: string;
  readonly origin: "built-in" | "site";
}

/** A checked table, with the line of every rule, product, variant and lookup by its path. */
export interface Table {
  readonly file: string;
  readonly origin: TableSource["origin"];
  readonly content: TableContent;
  /** `devices/0`, `catalogue/products/3/variants/1`, `lookups/regions`, `values/2/set/<key>` to line. */
  readonly lines: Readonly<Record<string, number>>;
}

export type ParsedTable =
  | { readonly ok: true; readonly table: Table }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Larger files are refused before they are parsed. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_PROBLEMS = 20;

/** Parses and checks a table file. Every problem says file, line, column, what was found and what is allowed. */
export function parseTable(source: TableSource): ParsedTable {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, problems: [`${source.file}: ${TOO_DEEP}`] };
  }
}

const TOO_DEEP = "nested too deeply; no table needs more than a dozen levels";

function parse(source: TableSource): ParsedTable {
  if (source.text.length > MAX_BYTES) {
    return {
      ok: false,
      problems: [`${source.file}: ${source.text.length} characters; a table may have ${MAX_BYTES}`],
    };
  }
  const counter = new LineCounter();
  // Aliases stay off: a few lines of them can unfold to gigabytes.
  const document = parseDocument(source.text, {
    lineCounter: counter,
    schema: "core",
    strict: true,
    uniqueKeys: true,
  });
  const place = (offset: number): string => {
    const { line, col } = counter.linePos(offset);
    return `${source.file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    // The parser turns a full stack into an error for each level.
    if (document.errors.some((error) => error.message.includes("call stack"))) throw new RangeError(TOO_DEEP);
    const problems = document.errors
      .slice(0, MAX_PROBLEMS)
      .map((error) => `${place(error.pos[0])}: ${error.message.split(/ at line |\n/)[0]}`);
    return { ok: false, problems };
  }
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 0 });
  } catch {
    return {
      ok: false,
      problems: [`${source.file}: YAML aliases are not allowed in tables; write the value out`],
    };
  }
  const checked = tableSchema.safeParse(plain, { error: explainUnknownKeys });
  if (!checked.success) {
    const problems = checked.error.issues.flatMap((issue) => deepest(issue, [])).slice(0, MAX_PROBLEMS);
    return {
      ok: false,
      problems: problems.map((issue) => `${place(offsetOf(document.contents, issue.path))}: ${say(issue)}`),
    };
  }
  const lineOf = (path: readonly (string | number)[]): number =>
    counter.linePos(offsetOf(document.contents, path)).line;
  return {
    ok: true,
    table: {
      file: source.file,
      origin: source.origin,
      content: checked.data,
      lines: linesOf(checked.data, lineOf),
    },
  };
}

/** Zod names the unknown key only; an author also needs the known ones. */
const explainUnknownKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== "unrecognized_keys") return undefined;
  const shape = (issue.inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  const allowed = shape ? `; allowed: ${Object.keys(shape).join(", ")}` : "";
  return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}${allowed}`;
};

interface FlatIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Of a union's branches, the one that the author most likely meant: whose complaints lie deepest. */
function deepest(issue: z.core.$ZodIssue, above: readonly (string | number)[]): readonly FlatIssue[] {
  const path = [...above, ...(issue.path as (string | number)[])];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branches = issue.errors.map((errors) => errors.flatMap((error) => deepest(error, path)));
    const weight = (branch: readonly FlatIssue[]): number =>
      Math.max(
        ...branch.map((found) => found.path.length * 2 + Number(!found.message.startsWith("Invalid input"))),
      );
    return branches.reduce((best, branch) => (weight(branch) > weight(best) ? branch : best));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], message: issue.message }));
  }
  return [{ path, message: issue.message }];
}

function say(issue: FlatIssue): string {
  const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  return `${where}${issue.message.replace(/^Invalid (input|option): /, "")}`;
}

/** Offset of the key (or item) at a path; of the nearest enclosing one where the path leads nowhere. */
function offsetOf(root: Node | null, path: readonly (string | number)[]): number {
  let at: Place = { node: root, offset: root?.range?.[0] ?? 0 };
  for (const step of path) {
    const next = stepInto(at, step);
    if (!next) return at.offset;
    at = next;
  }
  return at.offset;
}

interface Place {
  readonly node: unknown;
  readonly offset: number;
}

function stepInto({ node, offset }: Place, step: string | number): Place | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
    return pair && { node: pair.value, offset: startOf(pair.key) ?? offset };
  }
  const item: unknown = isSeq(node) ? node.items[Number(step)] : undefined;
  return item === undefined ? undefined : { node: item, offset: startOf(item) ?? offset };
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

function linesOf(
  content: TableContent,
  lineOf: (path: readonly (string | number)[]) => number,
): Record<string, number> {
  const lines: Record<string, number> = {};
  const mark = (...path: (string | number)[]): void => {
    lines[path.join("/")] = lineOf(path);
  };
  for (const lookup of Object.keys(content.lookups ?? {})) mark("lookups", lookup);
  content.devices?.forEach((_, index) => {
    mark("devices", index);
  });
  content.problems?.forEach((_, index) => {
    mark("problems", index);
  });
  content.values?.forEach((rule, index) => {
    mark("values", index);
    for (const key of Object.keys(rule.set)) mark("values", index, "set", key);
  });
  content.catalogue?.products.forEach((product, index) => {
    mark("catalogue", "products", index);
    product.variants?.forEach((_, position) => {
      mark("catalogue", "products", index, "variants", position);
    });
  });
  return lines;
}
