import { compact } from "./json.ts";

export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The `Status` object that the API answers with when something went wrong (or, after a delete, right). */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Record<string, never>;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** What an error is about: the resource by its plural name, and the object where there is one. */
export interface Subject {
  readonly group: string;
  readonly plural: string;
  readonly name?: string | undefined;
}

/** An error that has a `Status` for the client. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

export function statusOf(error: ApiError): Status {
  return compact({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error.message,
    reason: error.reason === "" ? undefined : error.reason,
    details: error.details,
    code: error.code,
  }) as Status;
}

export const qualified = ({ group, plural }: Subject): string =>
  group === "" ? plural : `${plural}.${group}`;

const detailsOf = ({ group, plural, name }: Subject): StatusDetails =>
  compact({
    name: name === "" ? undefined : name,
    group: group === "" ? undefined : group,
    kind: plural,
  }) as StatusDetails;

export const badRequest = (message: string): ApiError => new ApiError(400, "BadRequest", message);

export const unauthorized = (): ApiError => new ApiError(401, "Unauthorized", "Unauthorized");

export const forbidden = (subject: Subject, message: string, causes?: readonly StatusCause[]): ApiError =>
  new ApiError(
    403,
    "Forbidden",
    subject.name === undefined || subject.name === ""
      ? `${qualified(subject)} is forbidden: ${message}`
      : `${qualified(subject)} "${subject.name}" is forbidden: ${message}`,
    { ...detailsOf(subject), ...(causes === undefined ? {} : { causes }) },
  );

export const notFound = (subject: Subject): ApiError =>
  new ApiError(
    404,
    "NotFound",
    `${qualified(subject)} "${subject.name ?? ""}" not found`,
    detailsOf(subject),
  );

/** The path leads to no resource that is served. */
export const noSuchResource = (): ApiError =>
  new ApiError(404, "NotFound", "the server could not find the requested resource", {});

export const methodNotAllowed = (): ApiError =>
  new ApiError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );

export const alreadyExists = (subject: Subject): ApiError =>
  new ApiError(
    409,
    "AlreadyExists",
    `${qualified(subject)} "${subject.name ?? ""}" already exists`,
    detailsOf(subject),
  );

export const conflict = (subject: Subject, message: string): ApiError =>
  new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name ?? ""}": ${message}`,
    detailsOf(subject),
  );

export const modifiedMeanwhile = (subject: Subject): ApiError =>
  conflict(
    subject,
    "the object has been modified; please apply your changes to the latest version and try again",
  );

export const expired = (message: string): ApiError => new ApiError(410, "Expired", message);

export const tooLarge = (limit: number): ApiError =>
  new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limit}`);

export const unsupportedMediaType = (type: string, accepted: readonly string[]): ApiError =>
  new ApiError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format (${type}) - accepted media types include: ${accepted.join(", ")}`,
  );

/** One thing that is wrong with an object, as the API server's field errors. */
export interface FieldProblem {
  readonly reason:
    | "FieldValueInvalid"
    | "FieldValueRequired"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueDuplicate";
  readonly field: string;
  readonly message: string;
}

export function invalid(
  subject: { group: string; kind: string; name: string },
  problems: readonly FieldProblem[],
): ApiError {
  const texts = problems.map((problem) => `${problem.field}: ${problem.message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const kind = subject.group === "" ? subject.kind : `${subject.kind}.${subject.group}`;
  return new ApiError(422, "Invalid", `${kind} "${subject.name}" is invalid: ${list}`, {
    ...(subject.name === "" ? {} : { name: subject.name }),
    ...(subject.group === "" ? {} : { group: subject.group }),
    kind: subject.kind,
    causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}
