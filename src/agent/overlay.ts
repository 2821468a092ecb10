import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "../kubernetes/objects.ts";
import type { NodeFacts } from "../mapping/facts.ts";
import type { MappingResult } from "../mapping/result.ts";

/** A table file of the site; the same shape as the mapping's own sources. */
export interface OverlaySource {
  /** Names the file in messages: `configmap flare/site: prices.yaml`. */
  readonly file: string;
  readonly text: string;
  readonly origin: "site";
}

export type MapFunction = (facts: NodeFacts) => MappingResult;

export type CompiledOverlay =
  | { readonly ok: true; readonly map: MapFunction }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Compiles the built-in tables together with the site's, or tells what is wrong with the site's. It may be asynchronous, so
 * that a parser is loaded only by those who have a site's tables.
 */
export type CompileOverlay = (
  sources: readonly OverlaySource[],
) => CompiledOverlay | Promise<CompiledOverlay>;

/** The ConfigMap of an overlay, as it comes over the wire. */
export interface KubeConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Names of table files; what else lies beside them is left alone. */
export const TABLE_FILE = /\.(ya?ml|json)$/;
const MAX_FILES = 64;
const MAX_BYTES = 1024 * 1024;

/** The table files of a ConfigMap: its keys that end in .yaml, .yml or .json. */
export function sourcesOfConfigMap(configMap: KubeConfigMap): readonly OverlaySource[] {
  const { namespace, name } = configMap.metadata ?? {};
  return Object.entries(configMap.data ?? {})
    .filter(([key]) => TABLE_FILE.test(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, text]) => ({ file: `configmap ${namespace}/${name}: ${key}`, text, origin: "site" }));
}

/** The table files of a folder, by name. Throws an Error that names the folder or file and what to do about it. */
export async function readOverlayFolder(folder: string): Promise<readonly OverlaySource[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Error(
      `the mappings folder ${folder} cannot be read (${String(error)}): correct --mappings or mount it`,
    );
  });
  const files = names.filter((name) => TABLE_FILE.test(name)).sort();
  if (files.length > MAX_FILES)
    throw new Error(`the mappings folder ${folder} has over ${MAX_FILES} tables: join some of them`);
  return Promise.all(files.map((name) => readTable(join(folder, name))));
}

async function readTable(file: string): Promise<OverlaySource> {
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new Error(`${file} is larger than ${MAX_BYTES} bytes: split it`);
  return { file, text: await readFile(file, "utf8"), origin: "site" };
}

/** Calls `changed` when something in a folder changes; where the system cannot watch it, the full pass re-reads it. */
export function watchFolder(folder: string, changed: () => void, signal: AbortSignal): void {
  try {
    const watcher = watch(folder, { persistent: false, signal }, changed);
    watcher.on("error", () => watcher.close());
  } catch {
    // A folder that is not there yet is read again at the next full pass.
  }
}

/** The tables in force: the last good ones, whatever the site sends. */
export interface Overlay {
  readonly map: MapFunction;
  /** What is wrong with the site's newest tables; empty when they are in force. */
  readonly problems: readonly string[];
  /** Sets the tables of one origin (`folder`, `configmap`). True when something changed, good or bad. */
  set(origin: string, sources: readonly OverlaySource[]): Promise<boolean>;
  /** Notes that a place of tables cannot be read; its last tables stay in force. */
  fail(problem: string): void;
}

/** Creates the overlay with nothing but the built-in tables. Throws where those do not compile. */
export async function createOverlay(compile: CompileOverlay): Promise<Overlay> {
  const builtIn = await compile([]);
  if (!builtIn.ok) throw new Error(`the built-in mapping tables are broken: ${builtIn.problems.join("; ")}`);
  const origins = new Map<string, readonly OverlaySource[]>();
  let map = builtIn.map;
  let problems: readonly string[] = [];
  let content = hashOf([]);
  // One at a time and in order: the newest tables win, not the quickest to compile.
  let chain: Promise<unknown> = Promise.resolve();

  const update = async (origin: string, sources: readonly OverlaySource[]): Promise<boolean> => {
    origins.set(origin, sources);
    const all = [...origins.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, each]) => each);
    const hash = hashOf(all);
    if (hash === content) return false;
    content = hash;
    const compiled = await compile(all);
    if (compiled.ok) map = compiled.map;
    problems = compiled.ok ? [] : compiled.problems;
    return true;
  };
  return {
    get map() {
      return map;
    },
    get problems() {
      return problems;
    },
    set: (origin, sources) => {
      const done = chain.then(() => update(origin, sources));
      chain = done.catch(() => undefined);
      return done;
    },
    fail: (problem) => {
      problems = [problem];
      // Whatever comes next is looked at, even if it is what was there before.
      content = "";
    },
  };
}

function hashOf(sources: readonly OverlaySource[]): string {
  const hash = createHash("sha256");
  for (const { file, text } of sources) hash.update(JSON.stringify([file, text]));
  return hash.digest("hex");
}
