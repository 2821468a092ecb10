import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import { EXIT_CODES, UserError } from "../exit.ts";

/** The body of an error of the REST API; a newer hub may say more. */
const envelope = z.object({
  error_code: z.string(),
  message: z.string(),
  request_id: z.string().optional(),
  suggestions: z
    .array(
      z.object({
        alternative: z.string(),
        cost_difference: z.string().optional(),
        performance_impact: z.string().optional(),
      }),
    )
    .default([]),
  quota: z.object({ name: z.string(), used: z.string(), limit: z.string() }).optional(),
});

type Envelope = z.output<typeof envelope>;

/** Codes of requests that are good, and for which there is no place. */
const NO_PLACE: readonly string[] = [
  "INSUFFICIENT_RESOURCES",
  "GPU_MODEL_UNAVAILABLE",
  "GPU_MEMORY_INSUFFICIENT",
  "GPU_COUNT_INSUFFICIENT",
  "REGION_UNAVAILABLE",
  "COST_LIMIT_EXCEEDED",
];

/** An answer of the REST API that is an error, as it is told to its user. */
export class ApiFailure extends UserError {
  readonly status: number;
  /** The API's `error_code`; undefined where the answer was none of the API's. */
  readonly code: string | undefined;
  readonly told: string;
  readonly suggestions: Envelope["suggestions"];
  readonly retryAfterMs: number | undefined;

  constructor(what: {
    readonly status: number;
    readonly message: string;
    readonly body?: Envelope | undefined;
    readonly retryAfterMs?: number | undefined;
  }) {
    super(what.message, exitOf(what.status, what.body?.error_code));
    this.name = "ApiFailure";
    this.status = what.status;
    this.code = what.body?.error_code;
    this.told = what.body?.message ?? what.message;
    this.suggestions = what.body?.suggestions ?? [];
    this.retryAfterMs = what.retryAfterMs;
  }

  /** Whether nothing was wrong with the request but that nothing fits. */
  get isRefusal(): boolean {
    return this.code !== undefined && NO_PLACE.includes(this.code);
  }
}

function exitOf(status: number, code: string | undefined): number {
  if (code !== undefined && NO_PLACE.includes(code)) return EXIT_CODES.nothingFits;
  if (status === 404) return EXIT_CODES.notFound;
  return status === 400 || status === 413 || status === 415 ? EXIT_CODES.usage : EXIT_CODES.failed;
}

export interface FailedAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** The error of an answer that is none of success. */
export function failureOf(server: string, answer: FailedAnswer): ApiFailure {
  const { status, headers } = answer;
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  const retryAfterMs = seconds >= 0 ? seconds * 1000 : undefined;
  const body = readEnvelope(answer.body);
  if (body !== undefined)
    return new ApiFailure({ status, body, retryAfterMs, message: messageOf(server, status, body) });
  const message =
    headers.location === undefined
      ? `${server} answered ${status}, and not as FLARE's REST API does${excerpt(answer)}; is the address right?`
      : `${server} sends on to ${headers.location.slice(0, 200)}; flare login there if that is the hub`;
  return new ApiFailure({ status, retryAfterMs, message });
}

function readEnvelope(text: string): Envelope | undefined {
  try {
    const read = envelope.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  INVALID_TOKEN: "flare login SERVER takes another token",
  TOKEN_EXPIRED: "flare login SERVER takes a new token",
  TOKEN_REVOKED: "flare login SERVER takes another token",
  AUTHENTICATION_FAILED: "flare login SERVER takes another token",
  TENANT_REQUIRED: "--tenant chooses one",
};

function messageOf(server: string, status: number, { error_code, message, ...more }: Envelope): string {
  const hint = HINTS[error_code];
  const told = `${message}${hint === undefined ? "" : ` (${hint})`}`;
  const suggestions = more.suggestions.map(({ alternative, cost_difference: cost }) =>
    cost === undefined ? `  ${alternative}` : `  ${alternative} (${cost})`,
  );
  const suggested = suggestions.length === 0 ? "" : `\nIt would fit with:\n${suggestions.join("\n")}`;
  // What is the hub's own fault can be looked up in its log.
  const request = status >= 500 && more.request_id !== undefined ? `; request ${more.request_id}` : "";
  return `${told} [${error_code} from ${server}${request}]${suggested}`;
}

const excerpt = ({ body, headers }: FailedAnswer): string =>
  (headers["content-type"] ?? "").includes("html") || body.trim() === ""
    ? ""
    : ` (${body.slice(0, 120).replace(/\s+/g, " ").trim()})`;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the host name does not resolve",
  EAI_AGAIN: "the host name does not resolve just now",
  EHOSTUNREACH: "there is no route to the host",
  ENETUNREACH: "there is no route to the network",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  EPROTO: "no TLS is spoken there; is it http:// or another port?",
};

/** No answer came: whether the call was carried out nobody knows. */
export class NetworkFailure extends UserError {
  /** Whether the next moment may be better. */
  readonly isPassing: boolean;

  constructor(message: string, isPassing: boolean) {
    super(message, EXIT_CODES.failed);
    this.name = "NetworkFailure";
    this.isPassing = isPassing;
  }
}

/** What the transport met with, for somebody who knows a server's address and no kubeconfig; other errors as they are. */
export function networkFailure(server: string, error: unknown): unknown {
  if (error instanceof UserError || isKubeError(error, "aborted")) return error;
  const code = isKubeError(error) ? error.code : "unreachable";
  const cause = isKubeError(error) ? error.cause : error;
  const words = cause instanceof Error ? cause.message : String(error);
  if (code === "certificate") {
    const help = "flare login SERVER --certificate-authority FILE names who signed it";
    return new NetworkFailure(`the certificate of ${server} is not trusted (${words}); ${help}`, false);
  }
  if (code === "timeout") return new NetworkFailure(`${server} did not answer in time`, true);
  if (code === "too-large") return new NetworkFailure(`the answer of ${server} is too large`, false);
  const errno = errnoOf(cause);
  const isPassing = errno !== "ENOTFOUND" && errno !== "EPROTO";
  return new NetworkFailure(
    `cannot talk to ${server}: ${REASONS[errno] ?? words}; is the address right?`,
    isPassing,
  );
}

/** The errno of an error, or of the first one of several. */
function errnoOf(error: unknown): string {
  if (error instanceof AggregateError) return errnoOf(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
