import type { IncomingHttpHeaders } from "node:http";
import { KubeError, type KubeErrorCause, type KubeErrorCode } from "./kube-error.ts";

/** A `Status` object (meta/v1), as failed requests and ERROR watch events carry it; nothing in it is certain. */
interface Status {
  readonly kind?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly causes?: unknown; readonly retryAfterSeconds?: unknown } | null;
}

const CODES: Readonly<Record<number, KubeErrorCode>> = {
  400: "bad-request",
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  410: "gone",
  413: "too-large",
  422: "invalid",
  429: "throttled",
};

const HINTS: Partial<Record<KubeErrorCode, string>> = {
  unauthorized:
    "the token or certificate is missing, expired or not of this cluster; log in again or renew it",
  forbidden: "grant this verb to the user or ServiceAccount named here by a Role or ClusterRole",
};

/** The error for a request that the server answered with `httpStatus` and this body. `what` names the request. */
export function errorFromResponse(
  what: string,
  httpStatus: number,
  headers: IncomingHttpHeaders,
  body: string,
): KubeError {
  const status = parseStatus(body);
  const told = typeof status?.message === "string" && status.message !== "" ? status.message : excerpt(body);
  return build(what, httpStatus, told, status, retryAfterHeader(headers["retry-after"]));
}

/** The error for an ERROR event inside a watch, whose object is a Status. */
export function errorFromWatch(what: string, object: unknown): KubeError {
  const status: Status = typeof object === "object" && object !== null ? object : {};
  const code = typeof status.code === "number" ? status.code : 500;
  return build(what, code, typeof status.message === "string" ? status.message : "", status, undefined);
}

function build(
  what: string,
  httpStatus: number,
  told: string,
  status: Status | undefined,
  waitMs?: number,
): KubeError {
  const code = CODES[httpStatus] ?? (httpStatus >= 500 ? "server" : "bad-request");
  const hint = HINTS[code];
  const message = `${what}: the API server answered ${httpStatus}${told === "" ? "" : `: ${told}`}${hint ? ` (${hint})` : ""}`;
  return new KubeError(code, message, {
    status: httpStatus,
    reason: typeof status?.reason === "string" ? status.reason : undefined,
    causes: causesOf(status),
    retryAfterMs: waitMs ?? retryAfterDetail(status),
  });
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "kind" in parsed && parsed.kind === "Status")
      return parsed;
  } catch {
    // Proxies and load balancers answer in HTML or plain text: the caller shows an excerpt instead.
  }
  return undefined;
}

function causesOf(status: Status | undefined): KubeErrorCause[] {
  const causes = status?.details?.causes;
  if (!Array.isArray(causes)) return [];
  return causes
    .filter((cause): cause is Record<string, unknown> => typeof cause === "object" && cause !== null)
    .map(({ reason, message, field }) => ({
      reason: text(reason),
      message: text(message),
      field: text(field),
    }));
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function retryAfterDetail(status: Status | undefined): number | undefined {
  const seconds = status?.details?.retryAfterSeconds;
  return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined;
}

function retryAfterHeader(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** The start of an answer that is no Status, on one line. */
function excerpt(body: string): string {
  return body.slice(0, 200).replace(/\s+/g, " ").trim();
}
