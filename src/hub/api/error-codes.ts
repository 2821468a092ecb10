/** What an answer that is an error may say in `error_code`, with its HTTP status. docs/api.md lists them all. */
export const ERROR_CODES = {
  INVALID_FORMAT: { status: 400, means: "The request cannot be understood, or contradicts itself." },
  MISSING_REQUIRED_FIELD: { status: 400, means: "A field that is required is not there." },
  TENANT_REQUIRED: { status: 400, means: "You belong to several tenants: choose one by X-Flare-Tenant." },
  INVALID_TOKEN: { status: 401, means: "Nobody knows the token." },
  TOKEN_EXPIRED: { status: 401, means: "The token was valid once and is not any more." },
  TOKEN_REVOKED: { status: 401, means: "The token was revoked." },
  AUTHENTICATION_FAILED: { status: 401, means: "There is no token, or whoever it was made for is gone." },
  COST_LIMIT_EXCEEDED: { status: 402, means: "What is asked for costs more than the request allows." },
  INSUFFICIENT_PERMISSIONS: { status: 403, means: "Your token or your tenant does not allow it." },
  NOT_FOUND: { status: 404, means: "There is no such thing, or it is not yours." },
  METHOD_NOT_ALLOWED: { status: 405, means: "The path does not know this method." },
  CONFLICT: { status: 409, means: "The state of things does not allow it now." },
  INSUFFICIENT_RESOURCES: { status: 409, means: "No offer fits what is asked for." },
  GPU_MODEL_UNAVAILABLE: { status: 409, means: "No provider has this GPU model." },
  GPU_MEMORY_INSUFFICIENT: { status: 409, means: "No GPU that would do otherwise has such memory." },
  GPU_COUNT_INSUFFICIENT: { status: 409, means: "No node that would do otherwise has so many GPUs." },
  REGION_UNAVAILABLE: { status: 409, means: "Nothing that would do otherwise is there." },
  PRECONDITION_FAILED: { status: 412, means: "It was changed since it was read (If-Match)." },
  PAYLOAD_TOO_LARGE: { status: 413, means: "The body is larger than 1 MiB." },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, means: "The body is not JSON in UTF-8." },
  QUOTA_EXCEEDED: { status: 429, means: "The tenant has all that it may have at the same time." },
  RATE_LIMITED: { status: 429, means: "Too many requests; Retry-After tells when to come again." },
  INTERNAL: { status: 500, means: "A fault of the hub's; its log has more under the request id." },
  UNAVAILABLE: {
    status: 503,
    means: "The hub cannot tell at present; Retry-After tells when to come again.",
  },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly means: string }>>;

export type ErrorCode = keyof typeof ERROR_CODES;
