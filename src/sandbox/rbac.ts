import { asArray, asObject, asString, asText, isObject, type JsonObject } from "./json.ts";
import type { KubeObject } from "./object.ts";
import type { Store } from "./store.ts";

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do: to a resource, or to a path that is none. */
export type Action =
  | {
      readonly kind: "resource";
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly name: string;
      /** Empty for the cluster scope. */
      readonly namespace: string;
    }
  | { readonly kind: "path"; readonly verb: string; readonly path: string };

export interface Verdict {
  readonly allowed: boolean;
  /** Which binding allowed it; empty when none did. */
  readonly reason: string;
}

const group = "rbac.authorization.k8s.io";

/** Evaluates the roles and bindings in the store; `system:masters` may do everything. */
export function authorize(store: Store, user: User, action: Action): Verdict {
  if (user.groups.includes("system:masters")) return { allowed: true, reason: "" };
  for (const binding of store.list(`${group}/clusterrolebindings`)) {
    if (grants(store, binding, user, action)) return allowedBy("ClusterRoleBinding", binding);
  }
  if (action.kind === "path" || action.namespace === "") return { allowed: false, reason: "" };
  for (const binding of store.list(`${group}/rolebindings`, action.namespace)) {
    if (grants(store, binding, user, action)) return allowedBy("RoleBinding", binding);
  }
  return { allowed: false, reason: "" };
}

function allowedBy(kind: string, binding: KubeObject): Verdict {
  const role = asObject(binding.roleRef);
  const where =
    binding.metadata.namespace === undefined
      ? binding.metadata.name
      : `${binding.metadata.name}/${binding.metadata.namespace}`;
  return {
    allowed: true,
    reason: `RBAC: allowed by ${kind} ${JSON.stringify(where)} of ${asText(role.kind)} ${JSON.stringify(role.name)}`,
  };
}

const grants = (store: Store, binding: KubeObject, user: User, action: Action): boolean =>
  asArray(binding.subjects).some((subject) =>
    isSubject(asObject(subject), user, binding.metadata.namespace),
  ) && rulesOf(store, binding).some((rule) => ruleAllows(rule, action));

function isSubject(subject: JsonObject, user: User, bindingNamespace: string | undefined): boolean {
  const name = asString(subject.name) ?? "";
  if (subject.kind === "User") return name === user.name;
  if (subject.kind === "Group") return user.groups.includes(name);
  const namespace = asString(subject.namespace) ?? bindingNamespace ?? "";
  return subject.kind === "ServiceAccount" && user.name === `system:serviceaccount:${namespace}:${name}`;
}

function rulesOf(store: Store, binding: KubeObject): readonly JsonObject[] {
  const { kind, name } = asObject(binding.roleRef);
  const role =
    kind === "ClusterRole"
      ? store.get(`${group}/clusterroles`, undefined, asText(name))
      : store.get(`${group}/roles`, binding.metadata.namespace, asText(name));
  return asArray(role?.rules).filter(isObject);
}

const strings = (value: unknown): readonly string[] => asArray(value).map(asText);
const includes = (value: unknown, wanted: string): boolean =>
  strings(value).some((item) => item === "*" || item === wanted);

/** Whether one `PolicyRule` allows the action. */
export function ruleAllows(rule: JsonObject, action: Action): boolean {
  if (!includes(rule.verbs, action.verb)) return false;
  if (action.kind === "path")
    return strings(rule.nonResourceURLs).some((pattern) => matchesPath(pattern, action.path));
  const resource = action.subresource === "" ? action.resource : `${action.resource}/${action.subresource}`;
  const covered =
    includes(rule.resources, resource) ||
    (action.subresource !== "" && strings(rule.resources).includes(`*/${action.subresource}`));
  const names = strings(rule.resourceNames);
  return (
    includes(rule.apiGroups, action.group) && covered && (names.length === 0 || names.includes(action.name))
  );
}

const matchesPath = (pattern: string, path: string): boolean =>
  pattern === path || pattern === "*" || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));

/** Every rule that holds for the user in a namespace, for `kubectl auth can-i --list`. */
export function rulesFor(store: Store, user: User, namespace: string): readonly JsonObject[] {
  if (user.groups.includes("system:masters")) {
    return [
      { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
      { verbs: ["*"], nonResourceURLs: ["*"] },
    ];
  }
  return [...store.list(`${group}/clusterrolebindings`), ...store.list(`${group}/rolebindings`, namespace)]
    .filter((binding) =>
      asArray(binding.subjects).some((subject) =>
        isSubject(asObject(subject), user, binding.metadata.namespace),
      ),
    )
    .flatMap((binding) => rulesOf(store, binding));
}

/** How the API server says no: the user, the verb and the place. */
export function denial(user: User, action: Action): string {
  if (action.kind === "path")
    return `User ${JSON.stringify(user.name)} cannot ${action.verb} path ${JSON.stringify(action.path)}`;
  const resource = action.subresource === "" ? action.resource : `${action.resource}/${action.subresource}`;
  const scope =
    action.namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(action.namespace)}`;
  return `User ${JSON.stringify(user.name)} cannot ${action.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(action.group)} ${scope}`;
}
