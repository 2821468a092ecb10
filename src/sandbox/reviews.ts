import { badRequest } from "./errors.ts";
import { asArray, asObject, asString, compact, isObject, type JsonObject } from "./json.ts";
import { type Action, authorize, rulesFor, type User } from "./rbac.ts";
import type { Store } from "./store.ts";
import { defaultAudience, type TokenIssuer } from "./tokens.ts";

interface ReviewContext {
  readonly store: Store;
  readonly tokens: TokenIssuer;
  readonly caller: User;
  readonly namespace: string | undefined;
}

/** Answers a review: the request object with its `status` filled in. */
export function answerReview(kind: string, body: JsonObject, context: ReviewContext): JsonObject {
  const spec = asObject(body.spec);
  const meta = { metadata: asObject(body.metadata), spec };
  switch (kind) {
    case "TokenReview":
      return { ...meta, status: tokenStatus(spec, context.tokens) };
    case "SelfSubjectReview":
      return { metadata: {}, status: { userInfo: userInfo(context.caller) } };
    case "SelfSubjectAccessReview":
      return { ...meta, status: accessStatus(context.store, context.caller, spec) };
    case "SubjectAccessReview":
    case "LocalSubjectAccessReview":
      return { ...meta, status: accessStatus(context.store, subjectOf(spec), spec) };
    default:
      return { ...meta, status: rulesStatus(context.store, context.caller, asString(spec.namespace) ?? "") };
  }
}

function userInfo(user: User): JsonObject {
  return compact({
    username: user.name,
    uid: user.uid,
    groups: user.groups,
    extra: user.extra,
  }) as JsonObject;
}

function tokenStatus(spec: JsonObject, tokens: TokenIssuer): JsonObject {
  const token = asString(spec.token) ?? "";
  const wanted = asArray(spec.audiences).map(String);
  const audiences = wanted.length === 0 ? [defaultAudience] : wanted;
  const found = token === "" ? undefined : tokens.verify(token, audiences);
  if (found === undefined)
    return { user: {}, error: "[invalid bearer token, service account token is not valid]" };
  return { authenticated: true, user: userInfo(found.user), audiences: found.audiences };
}

function subjectOf(spec: JsonObject): User {
  const name = asString(spec.user) ?? "";
  const groups = asArray(spec.groups).map(String);
  if (name === "" && groups.length === 0) throw badRequest("at least one of user or group must be specified");
  return { name, groups };
}

function accessStatus(store: Store, user: User, spec: JsonObject): JsonObject {
  const verdict = authorize(store, user, actionOf(spec));
  return verdict.reason === ""
    ? { allowed: verdict.allowed }
    : { allowed: verdict.allowed, reason: verdict.reason };
}

function actionOf(spec: JsonObject): Action {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isObject(nonResourceAttributes)) {
    return {
      kind: "path",
      verb: asString(nonResourceAttributes.verb) ?? "",
      path: asString(nonResourceAttributes.path) ?? "",
    };
  }
  if (!isObject(resourceAttributes))
    throw badRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified");
  const text = (field: string): string => asString(resourceAttributes[field]) ?? "";
  return {
    kind: "resource",
    verb: text("verb"),
    group: text("group"),
    resource: text("resource"),
    subresource: text("subresource"),
    name: text("name"),
    namespace: text("namespace"),
  };
}

function rulesStatus(store: Store, user: User, namespace: string): JsonObject {
  const rules = rulesFor(store, user, namespace);
  return {
    resourceRules: rules.filter((rule) => asArray(rule.resources).length > 0),
    nonResourceRules: rules.filter((rule) => asArray(rule.nonResourceURLs).length > 0),
    incomplete: false,
  };
}
