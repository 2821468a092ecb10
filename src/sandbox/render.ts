import type { IncomingMessage } from "node:http";
import { badRequest } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import type { KubeObject } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import { partialObject, type TableOptions, tableOf } from "./tables.ts";

export type Rendering = "object" | "table" | "partial";

/** Which form of the answer the client prefers among those that this server has. */
export function renderingOf(accept: string | undefined): Rendering {
  const json = (accept ?? "").split(",").find((part) => part.includes("json") || part.includes("*/*"));
  if (json === undefined) return "object";
  const parameters = Object.fromEntries(
    json
      .split(";")
      .slice(1)
      .map((part) => part.trim().split("=")),
  );
  if (parameters.g !== "meta.k8s.io") return "object";
  if (parameters.as === "Table") return "table";
  return String(parameters.as).startsWith("PartialObjectMetadata") ? "partial" : "object";
}

/** In which form a client wants objects of a type. */
export interface Rendered {
  readonly form: Rendering;
  readonly type: ResourceType;
  readonly now: number;
  readonly includeObject: TableOptions["includeObject"];
}

export function renderFor(
  kernel: Kernel,
  type: ResourceType,
  { request, query }: { readonly request: IncomingMessage; readonly query: URLSearchParams },
): Rendered {
  const includeObject = query.get("includeObject") || "Metadata";
  if (includeObject !== "Metadata" && includeObject !== "Object" && includeObject !== "None") {
    throw badRequest(`includeObject: Unsupported value: ${JSON.stringify(includeObject)}`);
  }
  return { form: renderingOf(request.headers.accept), type, now: kernel.now(), includeObject };
}

export function renderObject(rendered: Rendered, object: KubeObject): unknown {
  if (rendered.form === "object") return object;
  if (rendered.form === "partial") return partialObject(object);
  return tableOf([object], {
    ...rendered,
    listMetadata: { resourceVersion: object.metadata.resourceVersion },
  });
}

/** A list; `whole` is its ordinary form. */
export function renderList(
  rendered: Rendered,
  items: readonly KubeObject[],
  metadata: JsonObject,
  whole: unknown,
): unknown {
  if (rendered.form === "object") return whole;
  if (rendered.form === "table") return tableOf(items, { ...rendered, listMetadata: metadata });
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    items: items.map(partialObject),
  };
}
