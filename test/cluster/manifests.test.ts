import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { applyManifests, type ServedResource, servedResources } from "../support/discovery.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { loadManifests } from "../support/manifests.ts";
import { serviceAccountKubeconfig } from "../support/service-account.ts";

const account = { namespace: "flare-system", name: "flare-agent" };
const namespaces = ["flare-system", "default", "kube-system"];
const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

describe("the shipped manifests on a real API server", () => {
  let plane: ControlPlane;
  let admin: KubeClient;
  let agent: KubeClient;
  let applied: Awaited<ReturnType<typeof applyManifests>>;
  beforeAll(async () => {
    plane = await startControlPlane();
    admin = kubeClientFrom(plane.kubeconfig);
    applied = await applyManifests(admin, loadManifests("manifests/agent"));
    agent = kubeClientFrom(await serviceAccountKubeconfig(plane.kubeconfig, account));
    for (const name of ["gpu-1", "gpu-2"]) await admin.create("/api/v1/nodes", { metadata: { name } });
  });
  afterAll(async () => {
    agent.close();
    admin.close();
    await plane.stop();
  });

  test("are accepted, every object whose kind the server knows", () => {
    expect(applied.refused).toEqual([]);
    // Kubernetes before 1.30 does not know the policy; there is nothing else that it may not know.
    expect(applied.unknown.filter((kind) => !kind.startsWith("ValidatingAdmissionPolicy"))).toEqual([]);
  });

  test("let the agent do this and nothing else, over every resource, verb and namespace there is", async () => {
    const allowed: string[] = [];
    for (const resource of await servedResources(admin))
      allowed.push(...(await allowedVerbs(agent, resource)));
    expect(allowed.sort()).toEqual([
      "create authorization.k8s.io/selfsubjectaccessreviews", // everybody may ask what they may
      "create authorization.k8s.io/selfsubjectrulesreviews",
      "create events in default",
      "get nodes",
      "list nodes",
      "patch events in default",
      "patch nodes",
      "watch nodes",
    ]);
  });

  test.each([
    ["reads its site ConfigMap", "get", "configmaps", "flare-site", true],
    ["watches its site ConfigMap", "watch", "configmaps", "flare-site", true],
    ["reads no other ConfigMap", "get", "configmaps", "kube-root-ca.crt", false],
    ["changes not even its own ConfigMap", "patch", "configmaps", "flare-site", false],
    ["reads no Secret by name", "get", "secrets", "anything", false],
  ])("the agent %s", async (_, verb, resource, name, expected) => {
    const attributes = { verb, resource, name, namespace: "flare-system" };
    expect(await mayI(agent, attributes)).toBe(expected);
  });

  test("the agent lists ResourceSlices where the API has them", async () => {
    const attributes = { verb: "list", resource: "resourceslices", group: "resource.k8s.io" };
    expect(await mayI(agent, attributes)).toBe(true);
  });

  test.each([
    ["list Secrets", "GET", "/api/v1/secrets", undefined],
    ["list pods", "GET", "/api/v1/pods", undefined],
    ["delete a Node", "DELETE", "/api/v1/nodes/gpu-1", undefined],
    ["create a Node", "POST", "/api/v1/nodes", { metadata: { name: "gpu-9" } }],
    ["replace a Node", "PUT", "/api/v1/nodes/gpu-1", { metadata: { name: "gpu-1" } }],
    [
      "change a Node's capacity",
      "PATCH",
      "/api/v1/nodes/gpu-1/status",
      { status: { capacity: { cpu: "1" } } },
    ],
    [
      "create a Node by apply",
      "PATCH",
      "/api/v1/nodes/new?fieldManager=x",
      { apiVersion: "v1", kind: "Node", metadata: { name: "new" } },
    ],
    ["list ConfigMaps", "GET", "/api/v1/namespaces/flare-system/configmaps", undefined],
  ])("the server refuses it to %s", async (_, method, path, body) => {
    const type = path.includes("fieldManager")
      ? "application/apply-patch+yaml"
      : "application/merge-patch+json";
    const { status } = await agent.request(method, path, body, method === "PATCH" ? type : undefined);
    expect(status).toBe(403);
  });
});

interface Attributes {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly group?: string;
  readonly name?: string;
  readonly namespace?: string;
}

async function mayI(client: KubeClient, resourceAttributes: Attributes): Promise<boolean> {
  const { body } = await client.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
    spec: { resourceAttributes },
  });
  return (body.status as { readonly allowed: boolean }).allowed;
}

async function allowedVerbs(client: KubeClient, served: ServedResource): Promise<string[]> {
  const [resource = "", subresource = ""] = served.name.split("/");
  const label = served.group === "" ? served.name : `${served.group}/${served.name}`;
  const places = served.namespaced ? namespaces : [undefined];
  const questions = places.flatMap((namespace) => verbs.map((verb) => ({ verb, namespace })));
  const answers = await Promise.all(
    questions.map(async ({ verb, namespace }) => {
      const place = namespace === undefined ? {} : { namespace };
      return mayI(client, { verb, resource, subresource, group: served.group, ...place });
    }),
  );
  return questions
    .filter((_, index) => answers[index] === true)
    .map(({ verb, namespace }) => `${verb} ${label}${namespace === undefined ? "" : ` in ${namespace}`}`);
}
