import type { Problem } from "../../intent/problem.ts";
import { formatProblems } from "../../intent/problem.ts";
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";

/** Something that would do instead, as clients see it. */
export interface ErrorSuggestion {
  readonly alternative: string;
  readonly cost_difference?: string;
  readonly performance_impact?: string;
}

interface Details {
  readonly suggestions?: readonly ErrorSuggestion[];
  /** Everything that is wrong with the request, each with its place. */
  readonly problems?: readonly Problem[];
  readonly quota?: { readonly name: string; readonly used: string; readonly limit: string };
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An answer that is an error; its message is for the client to read. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/** The body of an error, in the form that the reference documents, with more where there is more to say. */
export function errorBody({ code, message, details }: ApiError, requestId: string) {
  const { problems, quota, suggestions = [] } = details;
  return {
    status: ERROR_CODES[code].status,
    error_code: code,
    message,
    suggestions,
    ...(problems === undefined ? {} : { problems: problems.map(toldProblem) }),
    ...(quota === undefined ? {} : { quota }),
    request_id: requestId,
  };
}

const toldProblem = ({ path, reason, message, allowed, nearest }: Problem) => ({
  path,
  reason,
  message,
  ...(allowed === undefined ? {} : { allowed }),
  ...(nearest === undefined ? {} : { nearest }),
});

/** A request with these problems: what is missing is told as such where nothing else is wrong. */
export function problemError(problems: readonly Problem[]): ApiError {
  const isMissing = problems.every(({ reason }) => reason === "missing");
  const code = isMissing ? "MISSING_REQUIRED_FIELD" : "INVALID_FORMAT";
  return new ApiError(code, formatProblems(problems), { problems });
}

/** The same answer for what is not there and for what is somebody else's. */
export const notFound = (what: string): ApiError => new ApiError("NOT_FOUND", `there is no such ${what}`);

/** Headers of an error beside its body. */
export function errorHeaders({ code, details }: ApiError): Readonly<Record<string, string>> {
  const { retryAfterSeconds, headers = {} } = details;
  return {
    ...(ERROR_CODES[code].status === 401 ? { "WWW-Authenticate": 'Bearer realm="flare"' } : {}),
    ...(retryAfterSeconds === undefined
      ? {}
      : { "Retry-After": String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
    ...headers,
  };
}
