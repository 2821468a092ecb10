import type { IncomingMessage } from "node:http";
import { type ApiError, type FieldProblem, invalid, noSuchResource } from "./errors.ts";
import type { FieldValidation } from "./prepare.ts";
import type { ResourcePath } from "./request.ts";
import type { ResourceType } from "./resource-type.ts";
import type { WriteTarget } from "./writes.ts";

interface Incoming {
  readonly request: IncomingMessage;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
}

/** 422 for an option in the query, as the API server puts it. */
export const invalidOption = (
  kind: "PatchOptions" | "CreateOptions" | "UpdateOptions",
  problem: FieldProblem,
): ApiError => invalid({ group: "meta.k8s.io", kind, name: "" }, [problem]);

/** The namespace that the path names; absent for cluster-wide resources and for all namespaces. Throws 404 for a wrong scope. */
export function namespaceOf(type: ResourceType, path: ResourcePath): string | undefined {
  if (!type.namespaced) {
    if (path.namespace !== "" && path.resource !== "namespaces") throw noSuchResource();
    return undefined;
  }
  if (path.namespace !== "") return path.namespace;
  if (path.name !== "") throw noSuchResource();
  return undefined;
}

const fieldValidations: readonly string[] = ["Ignore", "Warn", "Strict"] satisfies FieldValidation[];

/** What a request is to write, and how, from its path, query and headers. Throws 422 for options that are none. */
export function targetOf(
  type: ResourceType,
  { path, query, request }: Incoming,
  warn: (message: string) => void,
): WriteTarget {
  const kind =
    request.method === "PATCH"
      ? "PatchOptions"
      : request.method === "PUT"
        ? "UpdateOptions"
        : "CreateOptions";
  const agent = (request.headers["user-agent"] ?? "unknown").split("/")[0] ?? "unknown";
  const manager = query.get("fieldManager") || agent;
  if (manager.length > 128) {
    throw invalidOption(kind, {
      reason: "FieldValueInvalid",
      field: "fieldManager",
      message: "Too long: may not be longer than 128",
    });
  }
  const dryRun = query.get("dryRun") ?? "";
  if (dryRun !== "" && dryRun !== "All") throw invalidOption(kind, unsupported("dryRun", dryRun, ["All"]));
  const validation = query.get("fieldValidation") || "Warn";
  if (!fieldValidations.includes(validation))
    throw invalidOption(kind, unsupported("fieldValidation", validation, fieldValidations));
  return {
    type,
    namespace: namespaceOf(type, path),
    name: path.name,
    subresource: path.subresource === "status" ? "status" : undefined,
    manager,
    dryRun: dryRun === "All",
    fieldValidation: validation as FieldValidation,
    warn,
  };
}

const unsupported = (field: string, value: string, supported: readonly string[]): FieldProblem => ({
  reason: "FieldValueNotSupported",
  field,
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((item) => JSON.stringify(item)).join(", ")}`,
});
