/** One thing that is wrong with a document, told so that its author can mend it without a manual. */
export interface Problem {
  /** Where, as the author wrote it: `spec.workload.ports[0].port`, `workload.resources.gpu.memory_min`. */
  readonly path: string;
  /** What is wrong and what is allowed or would mend it. */
  readonly message: string;
  readonly reason: "missing" | "unknown" | "invalid" | "contradiction";
  /** What may stand there, where that is a list. */
  readonly allowed?: readonly string[];
  /** The known name or value that was most likely meant. */
  readonly nearest?: string;
}

/** Keys and indices from the root of a document. */
export type Path = readonly (string | number)[];

/** `["ports", 0, "port"]` as `ports[0].port`. */
export function joinPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** All problems in one sentence each, for a condition, an error response or a terminal. */
export function formatProblems(problems: readonly Problem[], separator = "; "): string {
  return problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join(separator);
}

/** A value as it may be shown in a message: short and in one line. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
