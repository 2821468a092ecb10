import { readFile, stat } from "node:fs/promises";
import { isMap, isScalar, LineCounter, parseAllDocuments } from "yaml";
import * as z from "zod";
import type { KubeNode } from "../agent/node-view.ts";
import { UserError } from "./exit.ts";

/** A cluster of 5,000 nodes prints about 75 MB. */
const MAX_BYTES = 256 * 1024 * 1024;

/** YAML written by hand has numbers and booleans where the API has text. */
const text = z.union([z.string(), z.number(), z.boolean()], { error: "expected text" }).transform(String);
const strings = z.record(z.string(), text);
const nodeSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string().min(1),
    labels: strings.nullish(),
    annotations: strings.nullish(),
  }),
  spec: z.looseObject({ providerID: z.string().nullish() }).nullish(),
  status: z.looseObject({ allocatable: strings.nullish(), nodeInfo: strings.nullish() }).nullish(),
});

/** Nodes of a file (`-`: standard input): a Node, a List, or many documents, in YAML or JSON, in their order. */
export async function readNodes(path: string): Promise<readonly KubeNode[]> {
  const text = await readText(path);
  const name = path === "-" ? "standard input" : path;
  const documents = /^\s*[[{]/.test(text) ? jsonDocuments(text, name) : yamlDocuments(text, name);
  const nodes = documents.flatMap(({ value, place }) => nodesOf(value, place));
  if (nodes.length === 0)
    throw new UserError(`${name} holds no Node; give it the output of: kubectl get nodes -o yaml`);
  return nodes;
}

/** A file's text, or what comes on standard input (`-`); as much as is sensible. */
export const readText = (path: string): Promise<string> => (path === "-" ? readInput() : readPath(path));

async function readPath(path: string): Promise<string> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `cannot read ${path}: ${error.code === "ENOENT" ? "it does not exist" : (error.code ?? error.message)}`,
    );
  });
  if (info.isDirectory()) throw new UserError(`cannot read ${path}: it is a folder`);
  if (info.size > MAX_BYTES)
    throw new UserError(`${path} has ${info.size} bytes; at most ${MAX_BYTES} are read, split it`);
  return readFile(path, "utf8");
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw new UserError(`standard input is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

interface Document {
  readonly value: unknown;
  readonly place: string;
}

function jsonDocuments(text: string, name: string): readonly Document[] {
  try {
    return [{ value: JSON.parse(text) as unknown, place: name }];
  } catch (error) {
    // Several JSON documents in a row are YAML's flow style.
    const documents = tryYaml(text, name);
    if (documents) return documents;
    throw new UserError(`${name} is no valid JSON: ${(error as Error).message}`);
  }
}

function tryYaml(text: string, name: string): readonly Document[] | undefined {
  try {
    return yamlDocuments(text, name);
  } catch {
    return undefined;
  }
}

function yamlDocuments(text: string, name: string): readonly Document[] {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, schema: "core" });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      const { line, col } = counter.linePos(error.pos[0]);
      throw new UserError(`${name}:${line}:${col}: ${error.message.split(/ at line |\n/)[0]}`);
    }
    // `---` with nothing behind it.
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
      return [];
    const { line } = counter.linePos(document.contents.range?.[0] ?? 0);
    const place = `${name}:${line}`;
    if (!isMap(document.contents))
      throw new UserError(
        `${place}: expected a Node or a List of Nodes, found ${isScalar(document.contents) ? "a scalar" : "a list"}`,
      );
    return [{ value: document.toJS({ maxAliasCount: 100 }) as unknown, place }];
  });
}

function nodesOf(value: unknown, place: string): readonly KubeNode[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  if (Array.isArray(items) && (kind === "List" || kind === "NodeList" || kind === undefined)) {
    return items.flatMap((item, index) => nodesOf(item, `${place}, items[${index}]`));
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => nodesOf(item, `${place}, [${index}]`));
  if (kind !== undefined && kind !== "Node")
    throw new UserError(`${place}: expected a Node, found ${typeof kind === "string" ? kind : typeof kind}`);
  const parsed = nodeSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(
      `${place}: not a Node: ${issue?.path.join(".") || "document"}: ${issue?.message ?? "invalid"}`,
    );
  }
  return [withoutNulls(parsed.data)];
}

/** `labels:` with nothing behind it is null in YAML and means none. */
function withoutNulls({ metadata, spec, status }: z.infer<typeof nodeSchema>): KubeNode {
  const { allocatable, nodeInfo, conditions } = status ?? {};
  const { providerID, ...restOfSpec } = spec ?? {};
  return {
    kind: "Node",
    metadata: {
      ...(metadata as object),
      name: metadata.name,
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
    },
    // Taints and conditions tell those who ask whether the node can be used.
    spec: { ...restOfSpec, ...(providerID ? { providerID } : {}) },
    status: {
      ...(allocatable ? { allocatable } : {}),
      ...(nodeInfo ? { nodeInfo } : {}),
      ...(conditions ? { conditions } : {}),
    },
  };
}
