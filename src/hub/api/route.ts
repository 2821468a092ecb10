import type * as z from "zod";
import { expectationOf } from "../../intent/expectation.ts";
import { nearest } from "../../intent/nearest.ts";
import { type Problem, show } from "../../intent/problem.ts";
import { problemError } from "./api-error.ts";
import type { Caller, Identity } from "./auth/authenticate.ts";
import type { Permission } from "./auth/permissions.ts";
import type { ErrorCode } from "./error-codes.ts";

/** A request that was let in. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  /** What stands behind the question mark, as it was written. */
  readonly query: string;
  header(name: string): string | undefined;
  /** Parsed JSON; undefined where the route takes no body. */
  readonly body: unknown;
  readonly address: string;
  readonly requestId: string;
  /** Aborts when the client has gone, or the server ends. */
  readonly signal: () => AbortSignal;
  /** Shows the token again, for answers that take long: throws as soon as it lets nobody in any more. */
  readonly again: () => Promise<Caller>;
}

/** A text that was made once and is sent often. */
export interface Bytes {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

/** One of server-sent events. */
export interface ServerEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

type Headers = Readonly<Record<string, string>>;

/** An answer that is no error. */
export type Reply =
  | { readonly status: number; readonly headers?: Headers; readonly body?: unknown }
  | { readonly status: number; readonly headers?: Headers; readonly bytes: Bytes }
  | {
      readonly status: number;
      readonly headers?: Headers;
      readonly events: AsyncIterable<ServerEvent | "alive">;
    }
  | {
      readonly status: number;
      readonly headers?: Headers;
      readonly chunks: AsyncIterable<Uint8Array>;
      /** Called once when all was sent, or the client has gone. */
      readonly end: () => void;
    };

interface Described {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** `/intents/{intent_id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly query?: z.ZodObject;
  /** The body that it takes: a schema, or the REST form of an Intent. */
  readonly body?: { readonly schema: z.ZodType | "intent" | "intent-patch"; readonly type: string };
  /** Headers that it reads, with what they are for. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: {
    readonly status: number;
    readonly description: string;
    /** Undefined: it has no body of ours to describe. */
    readonly schema?: z.ZodType;
    readonly type?: string;
  };
  /** Its answer goes on for as long as it is read: it is not begun for who wants its headers alone. */
  readonly goesOn?: true;
  /** What it may answer beside what every route may. */
  readonly errors: readonly ErrorCode[];
}

/** A path and method with who may use it and what it does. Everything that the OpenAPI document says is here too. */
export type Route = Described &
  (
    | { readonly access: "public"; readonly handle: (request: ApiRequest) => Promise<Reply> | Reply }
    | {
        readonly access: "identity";
        readonly handle: (request: ApiRequest, identity: Identity) => Promise<Reply> | Reply;
      }
    | {
        readonly access: Permission;
        readonly handle: (request: ApiRequest, caller: Caller) => Promise<Reply> | Reply;
      }
  );

/** Reads the query by its schema. Throws with every problem at once; an unknown parameter is told the nearest known one. */
export function readQuery<S extends z.ZodObject>(schema: S, text: string): z.output<S> {
  const query = new URLSearchParams(text);
  const known = Object.keys(schema.shape);
  const problems = [...new Set(query.keys())].flatMap((name): readonly Problem[] => {
    if (known.includes(name)) {
      if (query.getAll(name).length === 1) return [];
      return [{ path: name, reason: "invalid", message: "is given more than once" }];
    }
    return [unknownName(name, "parameter", known)];
  });
  const given = known.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const asked = Object.fromEntries(given);
  const parsed = schema.safeParse(asked);
  if (parsed.success && problems.length === 0) return parsed.data;
  throw problemError([...problems, ...(parsed.success ? [] : problemsOf(parsed.error, asked))]);
}

function unknownName(path: string, what: "parameter" | "field", known: readonly string[]): Problem {
  const near = nearest(path, known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  const message = `there is no such ${what}; ${hint}`;
  const problem: Problem = { path, reason: "unknown", message, allowed: known };
  return near === undefined ? problem : { ...problem, nearest: near };
}

/** Reads a body by its schema, in the same way. */
export function readBody<S extends z.ZodObject>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw problemError(problemsOf(parsed.error, body, Object.keys(schema.shape)));
}

/** In words about what was sent, not about what a schema had made of it until it gave up. */
function problemsOf(error: z.ZodError, sent: unknown, known: readonly string[] = []): readonly Problem[] {
  return error.issues.slice(0, 100).flatMap((issue): readonly Problem[] => {
    const steps = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => unknownName([...steps, key].join("."), "field", known));
    const path = steps.join(".");
    const value = valueAt(sent, steps);
    if (value === undefined) return [{ path, reason: "missing", message: "is required" }];
    const message =
      issue.code === "custom" ? issue.message : `is ${show(value)}, expected ${expectationOf(issue)}`;
    return [{ path, reason: "invalid", message }];
  });
}

const valueAt = (from: unknown, steps: readonly string[]): unknown =>
  steps.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Readonly<Record<string, unknown>>)[step]
        : undefined,
    from,
  );
