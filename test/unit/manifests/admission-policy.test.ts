import { Environment } from "@marcbachmann/cel-js";
import { describe, expect, test } from "vitest";
import { allSpellings, FLUIDOS_RESOURCES_LABEL, GPU_NODE_LABEL } from "../../../src/vocabulary/keys.ts";
import { loadManifests } from "../../support/manifests.ts";

interface Rule {
  readonly name?: string;
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
}
interface PodSpec {
  readonly serviceAccountName: string;
}
interface Policy {
  readonly matchConditions: readonly Rule[];
  readonly variables: readonly Rule[];
  readonly validations: readonly Rule[];
}

const objects = loadManifests("manifests/agent");
const policy = objects.find(({ kind }) => kind === "ValidatingAdmissionPolicy")?.spec as Policy;
const environment = new Environment({ unlistedVariablesAreDyn: true });

type Context = Readonly<Record<string, unknown>>;
const evaluate = (expression: string, context: Context): unknown =>
  environment.evaluate(expression, { ...context });

/** What the API server does: conditions, variables, validations; an error denies, as failurePolicy Fail says. */
function admit(context: Context): string {
  if (!policy.matchConditions.every(({ expression }) => evaluate(expression, context) === true))
    return "not ours";
  const variables: Record<string, unknown> = {};
  for (const { name = "", expression } of policy.variables) {
    try {
      variables[name] = evaluate(expression, context);
    } catch {
      // The API server evaluates a variable where it is first used; there its absence is an error.
    }
  }
  for (const { expression, message, messageExpression } of policy.validations) {
    const known = { ...context, variables };
    if (evaluate(expression, known) === true) continue;
    return messageExpression === undefined ? String(message) : String(evaluate(messageExpression, known));
  }
  return "admitted";
}

interface Node {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
}
const before: Node = {
  metadata: {
    name: "gpu-1",
    labels: { "kubernetes.io/hostname": "gpu-1" },
    annotations: { owner: "storage" },
  },
  spec: { taints: [{ key: "nvidia.com/gpu", effect: "NoSchedule" }] },
  status: { capacity: { cpu: "8" } },
};
const annotated = (annotations: Record<string, string>): Node => ({
  ...before,
  metadata: { ...before.metadata, annotations },
});
const labelled = (labels: Record<string, string>): Node => ({
  ...before,
  metadata: { ...before.metadata, labels },
});
const published = annotated({
  owner: "storage",
  "gpu.fluidos.eu/vendor": "nvidia",
  "gpu.fluidos.eu/memory": "80Gi",
});

const agent = "system:serviceaccount:flare-system:flare-agent";
const claim = (node: string) => ({ "authentication.kubernetes.io/node-name": [node] });

function update(
  object: Node,
  more: { oldObject?: Node; request?: Context; extra?: unknown; username?: string } = {},
): Context {
  const userInfo = { username: more.username ?? agent, extra: more.extra ?? claim("gpu-1") };
  const request = { operation: "UPDATE", name: "gpu-1", userInfo, ...more.request };
  return { object, oldObject: more.oldObject ?? before, request };
}

describe("the admission policy of the agent", () => {
  test("lists every spelling of the vocabulary and nothing else", () => {
    const listed = policy.variables.find(({ name }) => name === "ownAnnotations")?.expression ?? "[]";
    expect(evaluate(listed, {})).toEqual([...allSpellings()]);
    const labels = policy.variables.find(({ name }) => name === "ownLabels")?.expression ?? "[]";
    expect(evaluate(labels, {})).toEqual([GPU_NODE_LABEL, FLUIDOS_RESOURCES_LABEL]);
  });

  test("names the service account that the DaemonSet runs under", () => {
    const daemonSet = objects.find(({ kind }) => kind === "DaemonSet");
    const { template } = (daemonSet?.spec ?? {}) as { readonly template?: { readonly spec: PodSpec } };
    const account = `system:serviceaccount:${daemonSet?.metadata.namespace}:${template?.spec.serviceAccountName}`;
    expect(policy.matchConditions.map(({ expression }) => expression)).toEqual([
      `request.userInfo.username == "${account}"`,
    ]);
  });

  test.each([
    ["publishing on its own Node", update(published)],
    [
      "changing what it published",
      update(annotated({ owner: "storage", "gpu.fluidos.eu/vendor": "amd" }), { oldObject: published }),
    ],
    ["withdrawing it all", update(before, { oldObject: published })],
    [
      "setting its label",
      update(labelled({ "kubernetes.io/hostname": "gpu-1", "node.fluidos.eu/gpu": "true" })),
    ],
    ["a Node that had no annotations", update(published, { oldObject: annotated({ owner: "storage" }) })],
  ])("admits %s", (_, context) => {
    expect(admit(context)).toBe("admitted");
  });

  test("leaves everybody else alone", () => {
    expect(admit(update(annotated({}), { username: "system:node:gpu-1" }))).toBe("not ours");
  });

  test.each([
    [
      "another Node",
      update(published, { request: { name: "gpu-2" } }),
      /runs on Node gpu-1 and may not change Node gpu-2/,
    ],
    ["a token without the node's claim", update(published, { extra: {} }), /names no node/],
    ["a foreign annotation", update(annotated({ owner: "me" })), /annotations of its vocabulary/],
    [
      "a new foreign annotation",
      update(annotated({ owner: "storage", x: "y" })),
      /annotations of its vocabulary/,
    ],
    ["removing a foreign annotation", update(annotated({})), /annotations of its vocabulary/],
    [
      "a key that only looks like ours",
      update(annotated({ owner: "storage", "gpu.fluidos.eu/evil": "1" })),
      /vocabulary/,
    ],
    [
      "a foreign label",
      update(labelled({ "kubernetes.io/hostname": "other" })),
      /may only change the labels/,
    ],
    ["removing a foreign label", update(labelled({})), /may only change the labels/],
    [
      "a role label",
      update(labelled({ "kubernetes.io/hostname": "gpu-1", "node-role.kubernetes.io/x": "" })),
      /labels/,
    ],
    ["a taint", update({ ...published, spec: { taints: [] } }), /nothing of a Node besides/],
    [
      "cordoning",
      update({ ...published, spec: { ...before.spec, unschedulable: true } }),
      /nothing of a Node besides/,
    ],
    ["capacity", update({ ...published, status: { capacity: { cpu: "9" } } }), /nothing of a Node besides/],
    [
      "a finalizer",
      update({ ...before, metadata: { ...before.metadata, finalizers: ["a/b"] } }),
      /nothing of a Node besides/,
    ],
    ["its status", update(published, { request: { subResource: "status" } }), /none of their subresources/],
    [
      "creating a Node",
      { ...update(published, { request: { operation: "CREATE" } }), oldObject: null },
      /Nodes that exist/,
    ],
    [
      "deleting it",
      { ...update(before, { request: { operation: "DELETE" } }), object: null },
      /Nodes that exist/,
    ],
  ])("refuses %s", (_, context, message) => {
    expect(admit(context)).toMatch(message);
  });
});
