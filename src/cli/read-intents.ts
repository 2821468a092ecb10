import { LineCounter, parseAllDocuments } from "yaml";
import { parseIntentRequest, parseIntentResource } from "../intent/parse.ts";
import type { Problem } from "../intent/problem.ts";
import { isRecord } from "../intent/read-document.ts";
import type { IntentSpec } from "../intent/spec-schema.ts";
import { UserError } from "./exit.ts";
import { readText } from "./read-nodes.ts";

/** An Intent as it was written, and what became of reading it. */
export interface ReadIntent {
  readonly name: string;
  /** Where the document names one. */
  readonly namespace?: string;
  readonly spec?: IntentSpec;
  readonly problems: readonly Problem[];
}

/** Intents of a file (`-`: standard input), YAML or JSON, as resources, in a List, or in the REST API's form. */
export async function readIntents(path: string): Promise<readonly ReadIntent[]> {
  const name = path === "-" ? "standard input" : path;
  const text = await readText(path);
  const documents = documentsOf(text, name).flatMap(itemsOf);
  if (documents.length === 0) throw new UserError(`${name} holds no Intent`);
  return documents.map((document, index) => readOne(document, index));
}

function documentsOf(text: string, name: string): readonly unknown[] {
  const counter = new LineCounter();
  return [...parseAllDocuments(text, { lineCounter: counter, schema: "core" })].flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      const { line, col } = counter.linePos(error.pos[0]);
      throw new UserError(`${name}:${line}:${col}: ${error.message.split(/ at line |\n/)[0]}`);
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value === null || value === undefined ? [] : [value];
  });
}

const itemsOf = (document: unknown): readonly unknown[] =>
  isRecord(document) && Array.isArray(document.items) ? document.items : [document];

function readOne(document: unknown, index: number): ReadIntent {
  if (isRecord(document) && document.kind === undefined) {
    const read = parseIntentRequest(document);
    const name = `intent ${index + 1}`;
    return read.ok
      ? { name: read.spec.workload.name, spec: read.spec, problems: [] }
      : { name, problems: read.problems };
  }
  const read = parseIntentResource(document);
  if (read.ok) {
    const { name = read.intent.spec.workload.name, namespace } = read.intent.metadata;
    return { name, ...(namespace === undefined ? {} : { namespace }), spec: read.intent.spec, problems: [] };
  }
  const metadata = isRecord(document) && isRecord(document.metadata) ? document.metadata : {};
  const name = typeof metadata.name === "string" ? metadata.name : `intent ${index + 1}`;
  return { name, problems: read.problems };
}
