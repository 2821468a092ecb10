import { ApiError, badRequest, expired } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import type { KubeObject } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import { everything, fieldSelector, labelSelector, type Predicate } from "./selectors.ts";
import { view } from "./writes.ts";

export interface ListTarget {
  readonly type: ResourceType;
  /** Absent: all namespaces, or a cluster-wide resource. */
  readonly namespace: string | undefined;
}

export interface ListResult {
  readonly items: readonly KubeObject[];
  readonly metadata: JsonObject;
}

/** The label and field selectors of a query as one predicate. Throws 400 for what cannot be parsed. */
export function predicateOf(type: ResourceType, query: URLSearchParams): Predicate {
  const labels = query.get("labelSelector") ?? "";
  const fields = query.get("fieldSelector") ?? "";
  const byLabel = labels === "" ? everything : labelSelector(labels);
  const byField =
    fields === ""
      ? everything
      : fieldSelector(fields, `${type.group}/${type.plural}`, type.custom?.selectable);
  return (object) => byLabel(object) && byField(object);
}

interface Continue {
  readonly rv: number;
  /** The key of the last object that was sent. */
  readonly start: string;
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;

const encodeContinue = (token: Continue): string =>
  Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", ...token })).toString("base64url");

function decodeContinue(text: string): Continue {
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, "base64url").toString()) as Continue;
    if (Number.isInteger(rv) && typeof start === "string") return { rv, start };
  } catch {
    // Falls through to the answer for every token that is not ours.
  }
  throw badRequest("continue key is not valid: the token is malformed");
}

/** Lists by selector, in pages that all show the state at the time of the first. */
export function list(kernel: Kernel, { type, namespace }: ListTarget, query: URLSearchParams): ListResult {
  const matches = predicateOf(type, query);
  const limit = numberOf(query, "limit");
  const token = query.get("continue") ?? "";
  const from = token === "" ? undefined : decodeContinue(token);
  const { revision, objects } =
    from === undefined
      ? stateAt(kernel, { type, namespace }, query)
      : pageState(kernel, { type, namespace }, from);
  const rest = objects
    .map((object) => view(object, type))
    .filter((object) => matches(object) && (from === undefined || keyOf(object) > from.start));
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  if (items.length === rest.length || last === undefined)
    return { items, metadata: { resourceVersion: String(revision) } };
  // With a selector the server cannot know how many remain without looking, so it does not say.
  const counted =
    query.has("labelSelector") || query.has("fieldSelector")
      ? {}
      : { remainingItemCount: rest.length - items.length };
  return {
    items,
    metadata: {
      resourceVersion: String(revision),
      continue: encodeContinue({ rv: revision, start: keyOf(last) }),
      ...counted,
    },
  };
}

interface State {
  readonly revision: number;
  readonly objects: readonly KubeObject[];
}

function stateAt(kernel: Kernel, { type, namespace }: ListTarget, query: URLSearchParams): State {
  const asked = resourceVersionOf(query);
  const match = query.get("resourceVersionMatch") ?? "";
  if (match !== "" && asked === undefined)
    throw badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (asked !== undefined) refuseFuture(kernel, asked);
  if (match === "Exact" && asked !== undefined)
    return { revision: asked, objects: kernel.store.listAt(asked, type.storage, namespace) };
  return { revision: kernel.store.revision(), objects: kernel.store.list(type.storage, namespace) };
}

function pageState(kernel: Kernel, { type, namespace }: ListTarget, from: Continue): State {
  try {
    return { revision: from.rv, objects: kernel.store.listAt(from.rv, type.storage, namespace) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    );
  }
}

/** The resourceVersion of a query; absent when it is empty. Throws 400 when it is not a number. */
export function resourceVersionOf(query: URLSearchParams): number | undefined {
  const text = query.get("resourceVersion") ?? "";
  if (text === "") return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

function refuseFuture(kernel: Kernel, revision: number): void {
  const current = kernel.store.revision();
  if (revision <= current) return;
  throw new ApiError(
    504,
    "Timeout",
    `Timeout: Too large resource version: ${revision}, current: ${current}`,
    {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  );
}

export function numberOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text !== "" && !/^-?\d{1,15}$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return text === "" ? 0 : Number(text);
}
