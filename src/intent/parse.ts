import type * as z from "zod";
import type { ObjectMeta } from "../kubernetes/objects.ts";
import { checkDocument } from "./check-document.ts";
import { homesIn, unknownField } from "./misplaced.ts";
import { type Path, type Problem, show } from "./problem.ts";
import { type ProviderSpec, type ProviderStatus, providerSpecSchema } from "./provider-schema.ts";
import { isRecord, type ReadOptions, readDocument } from "./read-document.ts";
import { API_VERSION, type Intent, type Provider } from "./resources.ts";
import type { Draft } from "./rule.ts";
import type { Form } from "./schema-fields.ts";
import { type IntentSpec, intentSpecSchema } from "./spec-schema.ts";
import type { IntentStatus } from "./status-schema.ts";
import { findContradictions } from "./validate.ts";
import { batchSchema } from "./workload-schema.ts";

type Failure = { readonly ok: false; readonly problems: readonly Problem[] };

export interface ParseOptions {
  /** Currency of amounts that name none; EUR where not given. */
  readonly currency?: string;
}

/**
 * Parses an Intent as it comes from the API or a file, into its canonical form: the right spelling of misspelt
 * fields, readable texts, defaults. Otherwise every problem at once, contradictions too.
 */
export function parseIntentResource(
  object: unknown,
  options: ParseOptions = {},
): { readonly ok: true; readonly intent: Intent } | Failure {
  const shell = parseShell(object, "Intent", intentSpecSchema);
  if (!shell.ok) return shell;
  const spec = parseSpec(shell.spec, { form: "resource", root: ["spec"], ...options });
  const problems = [...shell.problems, ...(spec.ok ? [] : spec.problems)];
  if (!spec.ok || problems.length > 0) return { ok: false, problems };
  const intent = {
    apiVersion: API_VERSION,
    kind: "Intent",
    metadata: shell.metadata,
    spec: spec.value,
  } as const;
  // The status is our own writing, or was checked by the API server.
  return {
    ok: true,
    intent: isRecord(shell.status) ? { ...intent, status: shell.status as IntentStatus } : intent,
  };
}

/** Parses the body of a REST submission, `{"intent": {...}}` or the Intent alone, into the spec of an Intent. */
export function parseIntentRequest(
  json: unknown,
  options: ParseOptions = {},
): { readonly ok: true; readonly spec: IntentSpec } | Failure {
  const isWrapped = isRecord(json) && Object.hasOwn(json, "intent");
  const body = isWrapped ? json.intent : json;
  const strangers = isWrapped ? strangersIn(json, ["intent"], intentSpecSchema, "rest") : [];
  if (!isRecord(body)) {
    const isMissing = body === undefined || body === null;
    const message = isMissing ? "is required" : `is ${show(body)}, expected an object`;
    const reason = isMissing ? "missing" : "invalid";
    return { ok: false, problems: [{ path: "intent", reason, message }, ...strangers] };
  }
  const spec = parseSpec(body, { form: "rest", root: isWrapped ? ["intent"] : [], ...options });
  const problems = [...strangers, ...(spec.ok ? [] : spec.problems)];
  return spec.ok && problems.length === 0 ? { ok: true, spec: spec.value } : { ok: false, problems };
}

/** Parses a Provider; every problem at once. */
export function parseProviderResource(
  object: unknown,
): { readonly ok: true; readonly provider: Provider } | Failure {
  const shell = parseShell(object, "Provider", providerSpecSchema);
  if (!shell.ok) return shell;
  const spec = parseWith(providerSpecSchema, shell.spec, { form: "resource", root: ["spec"] });
  const problems = [...shell.problems, ...(spec.ok ? [] : spec.problems), ...accessProblems(shell.spec)];
  if (!spec.ok || problems.length > 0) return { ok: false, problems };
  const value: ProviderSpec = spec.value;
  const provider = {
    apiVersion: API_VERSION,
    kind: "Provider",
    metadata: shell.metadata,
    spec: value,
  } as const;
  const { status } = shell;
  return {
    ok: true,
    provider: isRecord(status) ? { ...provider, status: status as ProviderStatus } : provider,
  };
}

function accessProblems(spec: unknown): readonly Problem[] {
  if (!isRecord(spec)) return [];
  const ways = ["kubeconfigSecretRef", "inCluster"].filter((way) => spec[way] !== undefined);
  if (ways.length === 1) return [];
  const message =
    ways.length === 0
      ? "one of kubeconfigSecretRef and inCluster: true is required"
      : "kubeconfigSecretRef and inCluster exclude each other; keep one";
  return [{ path: "spec", reason: ways.length === 0 ? "missing" : "contradiction", message }];
}

function parseSpec(
  input: unknown,
  options: ReadOptions,
): { readonly ok: true; readonly value: IntentSpec } | Failure {
  const parsed = parseWith(intentSpecSchema, input, options);
  // What is left of a broken document has the right types: its rules can be checked as well.
  const draft = parsed.ok ? parsed.value : (parsed.draft as Draft);
  const contradictions = findContradictions(draft, parsed.written);
  if (parsed.ok && contradictions.length === 0) return { ok: true, value: withBatch(parsed.value) };
  return { ok: false, problems: [...(parsed.ok ? [] : parsed.problems), ...contradictions] };
}

/** A Batch workload runs by the defaults where it says nothing of how. */
function withBatch(spec: IntentSpec): IntentSpec {
  if (spec.workload.type !== "Batch" || spec.workload.batch !== undefined) return spec;
  return { ...spec, workload: { ...spec.workload, batch: batchSchema.parse({}) } };
}

function parseWith<T>(schema: z.ZodType<T>, input: unknown, options: ReadOptions) {
  const document = readDocument(schema, input, options);
  const written = (path: Path): string => document.written(path);
  return { ...checkDocument(schema, document), written };
}

type Shell = {
  readonly ok: true;
  readonly metadata: ObjectMeta;
  readonly spec: unknown;
  readonly status: unknown;
  readonly problems: readonly Problem[];
};

/** The parts of a custom resource, if it is one of ours. */
function parseShell(object: unknown, kind: "Intent" | "Provider", schema: z.ZodType): Shell | Failure {
  if (!isRecord(object)) return failure("", `is ${show(object)}, expected an object of kind ${kind}`);
  if (object.kind !== kind) return failure("kind", `is ${show(object.kind)}, expected ${kind}`);
  if (object.apiVersion !== API_VERSION) {
    return failure("apiVersion", `is ${show(object.apiVersion)}, expected ${API_VERSION}`);
  }
  const known = ["apiVersion", "kind", "metadata", "spec", "status"];
  const problems = strangersIn(object, known, schema, "resource");
  const metadata = isRecord(object.metadata) ? (object.metadata as ObjectMeta) : {};
  return { ok: true, metadata, spec: object.spec ?? {}, status: object.status, problems };
}

const failure = (path: string, message: string): Failure => ({
  ok: false,
  problems: [{ path, reason: "invalid", message }],
});

/** Fields beside those that there are: often a spec that was not indented. */
function strangersIn(
  object: Readonly<Record<string, unknown>>,
  known: readonly string[],
  schema: z.ZodType,
  form: Form,
): readonly Problem[] {
  const names = Object.keys(object).filter((name) => !known.includes(name));
  if (names.length === 0) return [];
  const homes = homesIn(schema, form);
  const inside = form === "rest" ? "intent" : "spec";
  return names
    .slice(0, MOST_STRANGERS)
    .map((name) =>
      unknownField(name, name, { known, homes: homes(name, []).map((home) => `${inside}.${home}`) }),
    );
}

/** Nobody reads more. */
const MOST_STRANGERS = 100;
