import type { IncomingMessage } from "node:http";
import { forbidden, unauthorized } from "./errors.ts";
import { type Action, authorize, denial, type User } from "./rbac.ts";
import type { Store } from "./store.ts";
import type { TokenIssuer } from "./tokens.ts";

const anonymous: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Who asks: the owner of the bearer token, nobody in particular, or (`kubectl --as`) whom they may act for. */
export function authenticate(store: Store, tokens: TokenIssuer, request: IncomingMessage): User {
  const user = ownerOfToken(tokens, request.headers.authorization);
  const name = request.headersDistinct["impersonate-user"]?.[0];
  return name === undefined
    ? user
    : impersonate(store, user, name, request.headersDistinct["impersonate-group"] ?? []);
}

function ownerOfToken(tokens: TokenIssuer, header: string | undefined): User {
  if (header === undefined) return anonymous;
  const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
  const found = token === undefined ? undefined : tokens.verify(token);
  if (found === undefined) throw unauthorized();
  return withAuthenticated(found.user);
}

const withAuthenticated = (user: User): User =>
  user.groups.includes("system:authenticated")
    ? user
    : { ...user, groups: [...user.groups, "system:authenticated"] };

function impersonate(store: Store, user: User, name: string, groups: readonly string[]): User {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  const base = { kind: "resource", verb: "impersonate", group: "", subresource: "" } as const;
  const whom: Action =
    namespace === undefined
      ? { ...base, resource: "users", name, namespace: "" }
      : { ...base, resource: "serviceaccounts", name: account ?? "", namespace };
  const actions = [
    whom,
    ...groups.map((group): Action => ({ ...base, resource: "groups", name: group, namespace: "" })),
  ];
  for (const action of actions) {
    if (action.kind === "resource" && !authorize(store, user, action).allowed) {
      throw forbidden({ group: "", plural: action.resource, name: action.name }, denial(user, action));
    }
  }
  const implied =
    namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  return withAuthenticated({ name, groups: groups.length > 0 ? groups : implied });
}
