import { isMap, isNode, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type * as z from "zod";
import { type HubConfig, hubConfigSchema } from "./config.ts";

export type ReadConfig =
  | { readonly ok: true; readonly config: HubConfig }
  /** Each as `file:line:column: what is wrong`. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the text of a configuration file (YAML or JSON). Tells everything that is wrong at once, each with its place. */
export function readHubConfig(file: string, text: string): ReadConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message.split("\n", 1)[0]}`);
    return { ok: false, problems };
  }
  const parsed = hubConfigSchema.safeParse(document.toJS({ maxAliasCount: 50 }) ?? {});
  if (parsed.success) return { ok: true, config: parsed.data };
  const found = parsed.error.issues.flatMap(problemsOf).map(({ path, message }) => ({
    offset: offsetOf(document.contents, path),
    told: `${path.join(".") || "the file"}: ${message}`,
  }));
  const inOrder = found.toSorted((left, right) => left.offset - right.offset);
  return { ok: false, problems: inOrder.map(({ offset, told }) => `${at(offset)}: ${told}`) };
}

interface Found {
  readonly path: readonly string[];
  readonly message: string;
}

function problemsOf(issue: z.core.$ZodIssue): readonly Found[] {
  const path = issue.path.map(String);
  // An unknown key is told where it stands, not where its section begins.
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...path, key], message: "there is no such setting" }));
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ path, message }];
}

/** Where the key or item of a path begins; of a path that is not there, the last part that is. */
function offsetOf(root: Node | null, path: readonly string[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    const found = stepInto(node, step);
    if (found === undefined) break;
    node = found.value;
    if (isNode(found.place)) offset = found.place.range?.[0] ?? offset;
  }
  return offset;
}

function stepInto(
  node: unknown,
  step: string,
): { readonly place: unknown; readonly value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isNode(key) && String(key) === step);
    return pair && { place: pair.key, value: pair.value };
  }
  if (!isSeq(node)) return undefined;
  const item = node.items[Number(step)];
  return { place: item, value: item };
}
