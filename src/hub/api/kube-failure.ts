import { isKubeError, type KubeErrorCode } from "../../kubernetes/kube-error.ts";
import { ApiError } from "./api-error.ts";
import type { ErrorCode } from "./error-codes.ts";

/** What the API server said no to, and what that is to a client. Everything else is an outage. */
const CODES: Readonly<Partial<Record<KubeErrorCode, ErrorCode>>> = {
  invalid: "INVALID_FORMAT",
  "bad-request": "INVALID_FORMAT",
  forbidden: "INSUFFICIENT_PERMISSIONS",
  conflict: "CONFLICT",
  "not-found": "NOT_FOUND",
};

/** A failed write as an answer. The API server's words are told where they are about the client's own request. */
export function kubeFailure(error: unknown, what: string): ApiError {
  if (error instanceof ApiError) return error;
  const code = isKubeError(error) ? CODES[error.code] : undefined;
  if (code !== undefined && isKubeError(error))
    return new ApiError(code, `${what}: ${wordsOf(error)}`, { cause: error });
  return new ApiError("UNAVAILABLE", `${what} at present`, { cause: error, retryAfterSeconds: 5 });
}

/** What the server said, without the call and the hub's own name. */
function wordsOf({
  message,
  causes,
}: {
  readonly message: string;
  readonly causes: readonly { field: string; message: string }[];
}): string {
  if (causes.length > 0) return causes.map(({ field, message: why }) => `${field}: ${why}`).join("; ");
  return message.replace(/User "[^"]*"/g, "the hub").slice(0, 1000);
}
