import type { IncomingMessage, ServerResponse } from "node:http";
import { type Body, parseObject } from "./decode.ts";
import { deleteObject, deleteOptions } from "./deletes.ts";
import { forbidden, methodNotAllowed, noSuchResource } from "./errors.ts";
import { type Answer, readBody, sendJson, warningHeader } from "./http.ts";
import { omit } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import { list } from "./lists.ts";
import { groupVersion, type KubeObject } from "./object.ts";
import { apply, applyPatchType, patch } from "./patches.ts";
import { sendPodLog } from "./pod-log.ts";
import { type Action, authorize, denial, type User } from "./rbac.ts";
import { renderFor, renderList, renderObject } from "./render.ts";
import { isTrue, type ResourcePath, verbOf } from "./request.ts";
import type { ResourceType } from "./resource-type.ts";
import { answerReview } from "./reviews.ts";
import { answerSubresource } from "./subresources.ts";
import { invalidOption, namespaceOf, targetOf } from "./target.ts";
import type { TokenIssuer } from "./tokens.ts";
import { required } from "./validation.ts";
import { type WatchSet, watch } from "./watches.ts";
import { create, find, update, type WriteTarget } from "./writes.ts";

export interface ServerState {
  readonly kernel: Kernel;
  readonly tokens: TokenIssuer;
  readonly watches: WatchSet;
  readonly bookmarkIntervalMs: number;
}

export interface ResourceRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly user: User;
}

/** Answers a request for a resource that the user may make. Throws `ApiError`. */
export async function handleResource(state: ServerState, incoming: ResourceRequest): Promise<void> {
  const { path, query, request, response } = incoming;
  const type = state.kernel.registry.find(path.group, path.version, path.resource);
  if (type === undefined) throw noSuchResource();
  const verb = verbOf(request.method ?? "", path, query);
  if (verb === "watch") {
    if (!type.verbs.includes("watch")) throw methodNotAllowed();
    watch(state.kernel, { type, namespace: namespaceOf(type, path) }, response, {
      query: watchQuery(query, path),
      watches: state.watches,
      bookmarkIntervalMs: state.bookmarkIntervalMs,
      render: (object) => renderObject(renderFor(state.kernel, type, incoming), object),
    });
    return;
  }
  if (verb === "get" && path.group === "" && path.resource === "pods" && path.subresource === "log") {
    sendPodLog(
      state.kernel,
      targetOf(type, incoming, () => undefined),
      response,
      {
        query,
        watches: state.watches,
      },
    );
    return;
  }
  const body = verb === "get" || verb === "list" ? { text: "", contentType: "" } : await readBody(request);
  const warnings: string[] = [];
  const target = { ...targetOf(type, incoming, (message) => warnings.push(message)), user: incoming.user };
  const answer = answerVerb(state, incoming, { type, verb, body, target });
  sendJson(response, { ...answer, headers: { ...answer.headers, ...warningHeader(warnings) } });
}

/** A watch of one object by its path is a watch of the list with that name. */
function watchQuery(query: URLSearchParams, { name }: ResourcePath): URLSearchParams {
  if (name === "") return query;
  const narrowed = new URLSearchParams(query);
  const fields = query.get("fieldSelector") ?? "";
  narrowed.set("fieldSelector", [fields, `metadata.name=${name}`].filter((part) => part !== "").join(","));
  return narrowed;
}

interface Call {
  readonly type: ResourceType;
  readonly verb: string;
  readonly body: Body;
  readonly target: WriteTarget;
}

function answerVerb(state: ServerState, incoming: ResourceRequest, call: Call): Answer {
  const { type, verb, target } = call;
  const { path } = incoming;
  const { kernel } = state;
  if (path.subresource === "status" ? !type.hasStatus : path.subresource !== "") {
    return answerSubresource(state, {
      path,
      body: call.body,
      method: incoming.request.method ?? "",
      target,
    });
  }
  if (!type.verbs.includes(verb)) throw methodNotAllowed();
  const shown = (object: KubeObject, code = 200): Answer => ({
    code,
    body: renderObject(renderFor(state.kernel, type, incoming), object),
  });
  switch (verb) {
    case "get":
      return shown(find(kernel, target));
    case "list":
      return { code: 200, body: listBody(state, incoming, type) };
    case "create":
      return createAnswer(state, incoming, call, shown);
    case "update":
      return shown(update(kernel, target, parseObject(call.body)));
    case "patch":
      return patchAnswer(state, incoming, call, shown);
    case "delete":
      return deleteAnswer(kernel, incoming, call, shown);
    default:
      return deleteCollection(state, incoming, call);
  }
}

type Shown = (object: KubeObject, code?: number) => Answer;

function createAnswer(
  { kernel, tokens }: ServerState,
  incoming: ResourceRequest,
  { type, target, body }: Call,
  shown: Shown,
): Answer {
  if (incoming.path.name !== "") throw methodNotAllowed();
  const object = parseObject(body);
  if (type.verbs.length > 1) {
    if (type.namespaced && target.namespace === undefined) throw noSuchResource();
    return shown(create(kernel, target, object), 201);
  }
  const review = answerReview(type.kind, object, {
    store: kernel.store,
    tokens,
    caller: incoming.user,
    namespace: target.namespace,
  });
  return {
    code: 201,
    body: { kind: type.kind, apiVersion: groupVersion(type.group, type.version), ...review },
  };
}

function patchAnswer(
  { kernel }: ServerState,
  { query, user, path }: ResourceRequest,
  { target, body }: Call,
  shown: Shown,
): Answer {
  const force = isTrue(query.get("force"));
  if (body.contentType !== applyPatchType) {
    if (force) {
      throw invalidOption("PatchOptions", {
        reason: "FieldValueForbidden",
        field: "force",
        message: "Forbidden: may not be specified for non-apply patch",
      });
    }
    return shown(patch(kernel, target, body));
  }
  if (!query.get("fieldManager")) {
    throw invalidOption("PatchOptions", required("fieldManager", "is required for apply patch"));
  }
  const mayCreate = (): void => {
    const action: Action = {
      kind: "resource",
      verb: "create",
      group: path.group,
      resource: path.resource,
      subresource: "",
      name: path.name,
      namespace: path.namespace,
    };
    if (!authorize(kernel.store, user, action).allowed)
      throw forbidden({ group: path.group, plural: path.resource, name: path.name }, denial(user, action));
  };
  const outcome = apply(kernel, target, body, { force, mayCreate });
  return shown(outcome.object, outcome.created ? 201 : 200);
}

/** Kinds whose deletion answers with the object instead of a Status. */
const returnsObject = new Set(["Pod", "Service", "ServiceAccount", "ResourceQuota", "PersistentVolumeClaim"]);

function deleteAnswer(
  kernel: Kernel,
  { query, path }: ResourceRequest,
  { type, target, body }: Call,
  shown: Shown,
): Answer {
  const { object, gone } = deleteObject(kernel, target, deleteOptions(parseObject(body), query));
  if (!gone || (type.group === "" && returnsObject.has(type.kind))) return shown(object);
  const details = {
    name: path.name,
    ...(type.group === "" ? {} : { group: type.group }),
    kind: type.plural,
    uid: object.metadata.uid,
  };
  return { code: 200, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}

function deleteCollection(
  state: ServerState,
  incoming: ResourceRequest,
  { type, target, body }: Call,
): Answer {
  const options = deleteOptions(parseObject(body), incoming.query);
  const { items, metadata } = list(state.kernel, { type, namespace: target.namespace }, incoming.query);
  for (const {
    metadata: { name, namespace },
  } of items)
    deleteObject(state.kernel, { ...target, name, namespace }, options);
  return {
    code: 200,
    body: { kind: type.listKind, apiVersion: groupVersion(type.group, type.version), metadata, items },
  };
}

function listBody(state: ServerState, incoming: ResourceRequest, type: ResourceType): unknown {
  const { items, metadata } = list(
    state.kernel,
    { type, namespace: namespaceOf(type, incoming.path) },
    incoming.query,
  );
  // Items of built-in lists do not repeat their kind; those of custom resources do.
  const bare = type.custom === undefined ? items.map((item) => omit(item, "apiVersion", "kind")) : items;
  const whole = {
    kind: type.listKind,
    apiVersion: groupVersion(type.group, type.version),
    metadata,
    items: bare,
  };
  return renderList(renderFor(state.kernel, type, incoming), items, metadata, whole);
}
