import { describe, expect, test } from "vitest";
import { type Action, authorize, denial, ruleAllows, type User } from "../../../src/sandbox/rbac.ts";
import { createStore, type Store } from "../../../src/sandbox/store.ts";

const action = (changes: Partial<Extract<Action, { kind: "resource" }>>): Action => ({
  kind: "resource",
  verb: "get",
  group: "",
  resource: "nodes",
  subresource: "",
  name: "",
  namespace: "",
  ...changes,
});

describe("a rule", () => {
  test.each([
    ["its verb and resource", { verbs: ["get"], apiGroups: [""], resources: ["nodes"] }, {}, true],
    ["no other verb", { verbs: ["list"], apiGroups: [""], resources: ["nodes"] }, {}, false],
    ["no other group", { verbs: ["get"], apiGroups: ["apps"], resources: ["nodes"] }, {}, false],
    [
      "anything by stars",
      { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
      { subresource: "status" },
      true,
    ],
    [
      "no subresource by the resource",
      { verbs: ["get"], apiGroups: [""], resources: ["nodes"] },
      { subresource: "status" },
      false,
    ],
    [
      "a subresource by its name",
      { verbs: ["get"], apiGroups: [""], resources: ["nodes/status"] },
      { subresource: "status" },
      true,
    ],
    [
      "a subresource of every resource",
      { verbs: ["get"], apiGroups: [""], resources: ["*/status"] },
      { subresource: "status" },
      true,
    ],
    [
      "the object it names",
      { verbs: ["get"], apiGroups: [""], resources: ["nodes"], resourceNames: ["a"] },
      { name: "a" },
      true,
    ],
    [
      "no other object",
      { verbs: ["get"], apiGroups: [""], resources: ["nodes"], resourceNames: ["a"] },
      { name: "b" },
      false,
    ],
    [
      "no list where it names objects",
      { verbs: ["list"], apiGroups: [""], resources: ["nodes"], resourceNames: ["a"] },
      { verb: "list" },
      false,
    ],
  ])("allows %s", (_, rule, changes, expected) => {
    expect(ruleAllows(rule, action(changes))).toBe(expected);
  });

  test.each([
    ["/healthz", "/healthz", true],
    ["/apis/*", "/apis/apps/v1", true],
    ["/apis/*", "/api", false],
    ["*", "/anything", true],
  ])("for the path %s covers %s: %s", (pattern, path, expected) => {
    expect(
      ruleAllows({ verbs: ["get"], nonResourceURLs: [pattern] }, { kind: "path", verb: "get", path }),
    ).toBe(expected);
  });
});

describe("bindings", () => {
  const rbac = "rbac.authorization.k8s.io";
  const store = (): Store => {
    const made = createStore(10);
    const put = (
      kind: string,
      plural: string,
      name: string,
      namespace: string | undefined,
      more: object,
    ): void => {
      const metadata = namespace === undefined ? { name } : { name, namespace };
      made.put(`${rbac}/${plural}`, { apiVersion: `${rbac}/v1`, kind, metadata, ...more });
    };
    const rules = [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }];
    put("ClusterRole", "clusterroles", "read", undefined, { rules });
    put("RoleBinding", "rolebindings", "b", "team", {
      roleRef: { kind: "ClusterRole", name: "read" },
      subjects: [
        { kind: "Group", name: "devs" },
        { kind: "ServiceAccount", name: "bot" },
      ],
    });
    return made;
  };
  const pods = action({ resource: "pods", namespace: "team" });
  const user = (name: string, ...groups: string[]): User => ({ name, groups });

  test.each([
    ["a member of the group", user("ann", "devs"), pods, true],
    ["somebody else", user("bob"), pods, false],
    ["the service account of the binding's namespace", user("system:serviceaccount:team:bot"), pods, true],
    ["the same account of another namespace", user("system:serviceaccount:other:bot"), pods, false],
    [
      "a member in another namespace",
      user("ann", "devs"),
      action({ resource: "pods", namespace: "other" }),
      false,
    ],
    ["a member at the cluster scope", user("ann", "devs"), action({ resource: "pods" }), false],
    ["a master", user("root", "system:masters"), action({ verb: "delete" }), true],
  ])("judge %s", (_, who, what, expected) => {
    expect(authorize(store(), who, what).allowed).toBe(expected);
  });

  test("say why they allow", () => {
    expect(authorize(store(), user("ann", "devs"), pods).reason).toBe(
      'RBAC: allowed by RoleBinding "b/team" of ClusterRole "read"',
    );
    expect(denial(user("bob"), pods)).toBe(
      'User "bob" cannot get resource "pods" in API group "" in the namespace "team"',
    );
  });
});
