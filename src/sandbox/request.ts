import type { Action } from "./rbac.ts";

/** A request for a resource, taken apart. Empty texts stand for what the path does not have. */
export interface ResourcePath {
  readonly kind: "resource";
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
}

export type RequestPath = ResourcePath | { readonly kind: "path"; readonly path: string };

const namespaceSubresources = new Set(["status", "finalize"]);

/** Takes apart `/api/v1/...` and `/apis/GROUP/VERSION/...`; everything else is a plain path. */
export function parsePath(pathname: string): RequestPath {
  const segments = pathname
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeSegment);
  const plain: RequestPath = { kind: "path", path: pathname };
  if (segments.some((segment) => segment === undefined)) return plain;
  const parts = segments as readonly string[];
  const prefix = parts[0] === "api" ? 2 : parts[0] === "apis" ? 3 : parts.length;
  if (parts.length <= prefix) return plain;
  const group = parts[0] === "api" ? "" : (parts[1] ?? "");
  const version = parts[prefix - 1] ?? "";
  return locate(group, version, parts.slice(prefix)) ?? plain;
}

function locate(group: string, version: string, rest: readonly string[]): ResourcePath | undefined {
  const [first = "", second = "", third = "", ...deeper] = rest;
  const base = { kind: "resource", group, version } as const;
  const inNamespace =
    first === "namespaces" &&
    second !== "" &&
    third !== "" &&
    !(deeper.length === 0 && namespaceSubresources.has(third));
  if (inNamespace) {
    const [name = "", subresource = "", ...more] = deeper;
    return more.length > 0 ? undefined : { ...base, namespace: second, resource: third, name, subresource };
  }
  if (deeper.length > 0) return undefined;
  // A namespace counts as being in itself, for the sake of authorization.
  const namespace = first === "namespaces" ? second : "";
  return { ...base, namespace, resource: first, name: second, subresource: third };
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

const verbs: Readonly<Record<string, readonly [named: string, collection: string]>> = {
  GET: ["get", "list"],
  HEAD: ["get", "list"],
  POST: ["create", "create"],
  PUT: ["update", "update"],
  PATCH: ["patch", "patch"],
  DELETE: ["delete", "deletecollection"],
};

/** The API verb of a request; `watch` by its query. */
export function verbOf(method: string, path: ResourcePath, query: URLSearchParams): string {
  const [named, collection] = verbs[method] ?? [method.toLowerCase(), method.toLowerCase()];
  if (method === "GET" && isTrue(query.get("watch")) && path.subresource === "") return "watch";
  return path.name === "" ? collection : named;
}

export const isTrue = (value: string | null): boolean =>
  value !== null && value !== "0" && value !== "false" && value !== "";

/** What a request does, in the terms of RBAC. */
export function actionOf(method: string, path: RequestPath, query: URLSearchParams): Action {
  if (path.kind === "path")
    return { kind: "path", verb: method === "HEAD" ? "get" : method.toLowerCase(), path: path.path };
  const { group, resource, subresource, name, namespace } = path;
  const verb = verbOf(method, path, query);
  const selected = /^metadata\.name==?([^,=!]+)$/.exec(query.get("fieldSelector") ?? "")?.[1];
  // A list or watch of one object by its name is authorized as being about that object.
  return {
    kind: "resource",
    verb,
    group,
    resource,
    subresource,
    name: name === "" ? (selected ?? "") : name,
    namespace,
  };
}
