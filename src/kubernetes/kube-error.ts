/** What went wrong, as callers distinguish it. */
export type KubeErrorCode =
  | "config"
  | "unreachable"
  | "certificate"
  | "timeout"
  | "silent"
  | "aborted"
  | "protocol"
  | "too-large"
  | "bad-request"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "gone"
  | "invalid"
  | "throttled"
  | "server";

/** One cause of a refused request, as the API server's Status lists them. */
export interface KubeErrorCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

interface KubeErrorDetails {
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly causes?: readonly KubeErrorCause[];
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Every failure of this room. `message` names the thing, the place and, where there is one, the fix. */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  /** HTTP status, where the server answered. */
  readonly status: number | undefined;
  /** The Status object's reason (`NotFound`, `Expired`, ...). */
  readonly reason: string;
  readonly causes: readonly KubeErrorCause[];
  /** How long the server asked us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(code: KubeErrorCode, message: string, details: KubeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "KubeError";
    this.code = code;
    this.status = details.status;
    this.reason = details.reason ?? "";
    this.causes = details.causes ?? [];
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** True for a `KubeError`, of the given code where one is given. */
export function isKubeError(error: unknown, code?: KubeErrorCode): error is KubeError {
  return error instanceof KubeError && (code === undefined || error.code === code);
}
