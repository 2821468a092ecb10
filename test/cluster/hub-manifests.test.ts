import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { applyManifests } from "../support/discovery.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { loadManifests } from "../support/manifests.ts";
import { serviceAccountKubeconfig } from "../support/service-account.ts";

const account = { namespace: "flare-system", name: "flare-hub" };

describe("the hub's manifests on a real API server", () => {
  let plane: ControlPlane;
  let admin: KubeClient;
  let hub: KubeClient;
  let applied: Awaited<ReturnType<typeof applyManifests>>;
  beforeAll(async () => {
    plane = await startControlPlane();
    admin = kubeClientFrom(plane.kubeconfig);
    await admin.create("/api/v1/namespaces", { metadata: { name: "fluidos" } });
    applied = await applyManifests(admin, [
      ...loadManifests("manifests/hub"),
      ...loadManifests("manifests/hub/components/fluidos"),
    ]);
    hub = kubeClientFrom(await serviceAccountKubeconfig(plane.kubeconfig, account));
  });
  afterAll(async () => {
    hub?.close();
    admin?.close();
    await plane?.stop();
  });

  test("are accepted, every object whose kind the server knows", () => {
    expect(applied.refused).toEqual([]);
    // policy/v1 came with Kubernetes 1.21; there is nothing else that a server may not know.
    expect(applied.unknown.filter((kind) => !kind.startsWith("PodDisruptionBudget"))).toEqual([]);
  });

  test.each([
    ["reads Secrets beside it", { verb: "list", resource: "secrets", namespace: "flare-system" }, true],
    ["reads no other Secret", { verb: "get", resource: "secrets", namespace: "default" }, false],
    ["writes no Secret", { verb: "update", resource: "secrets", namespace: "flare-system" }, false],
    [
      "creates its Lease",
      { verb: "create", group: "coordination.k8s.io", resource: "leases", namespace: "flare-system" },
      true,
    ],
    [
      "renews its Lease",
      {
        verb: "update",
        group: "coordination.k8s.io",
        resource: "leases",
        namespace: "flare-system",
        name: "flare-hub",
      },
      true,
    ],
    [
      "takes no other Lease",
      {
        verb: "update",
        group: "coordination.k8s.io",
        resource: "leases",
        namespace: "flare-system",
        name: "other",
      },
      false,
    ],
    ["watches Providers", { verb: "watch", group: "flare.clastix.io", resource: "providers" }, true],
    [
      "writes their status",
      { verb: "patch", group: "flare.clastix.io", resource: "providers", subresource: "status" },
      true,
    ],
    [
      "holds a deleted Provider until nothing is left there",
      { verb: "patch", group: "flare.clastix.io", resource: "providers" },
      true,
    ],
    ["makes no Provider", { verb: "create", group: "flare.clastix.io", resource: "providers" }, false],
    ["watches Intents", { verb: "watch", group: "flare.clastix.io", resource: "intents" }, true],
    ["sets their finalizer", { verb: "patch", group: "flare.clastix.io", resource: "intents" }, true],
    [
      "makes and cancels Intents for those who ask",
      { verb: "delete", group: "flare.clastix.io", resource: "intents" },
      true,
    ],
    [
      "asks whose a token is",
      { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews" },
      true,
    ],
    [
      "asks what somebody may do",
      { verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews" },
      true,
    ],
    ["makes Secrets of tokens", { verb: "create", resource: "secrets", namespace: "flare-tokens" }, true],
    ["makes no other Secret", { verb: "create", resource: "secrets", namespace: "flare-system" }, false],
    [
      "asks for no token of an account",
      { verb: "create", resource: "serviceaccounts", subresource: "token", namespace: "default" },
      false,
    ],
    ["acts for nobody else", { verb: "impersonate", resource: "users" }, false],
    [
      "writes what has come of them",
      { verb: "update", group: "flare.clastix.io", resource: "intents", subresource: "status" },
      true,
    ],
    ["tells Events in their namespaces", { verb: "create", resource: "events", namespace: "team-a" }, true],
    ["makes no workload, until its cluster is made a provider", { verb: "create", resource: "pods" }, false],
    [
      "writes Flavors",
      { verb: "patch", group: "nodecore.fluidos.eu", resource: "flavors", namespace: "fluidos" },
      true,
    ],
    [
      "writes Flavors nowhere else",
      { verb: "patch", group: "nodecore.fluidos.eu", resource: "flavors", namespace: "default" },
      false,
    ],
    [
      "reads who the FLUIDOS node is",
      { verb: "get", resource: "configmaps", namespace: "fluidos", name: "fluidos-node-identity" },
      true,
    ],
    ["reads no pods, until its cluster is made a provider", { verb: "list", resource: "pods" }, false],
    ["touches no Node", { verb: "patch", resource: "nodes" }, false],
  ])("the hub %s", async (_, resourceAttributes, expected) => {
    const { body } = await hub.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      spec: { resourceAttributes },
    });
    expect((body.status as { readonly allowed: boolean }).allowed).toBe(expected);
  });
});

describe("the provider's manifests on a real API server", () => {
  let plane: ControlPlane;
  let hub: KubeClient;
  beforeAll(async () => {
    plane = await startControlPlane();
    const admin = kubeClientFrom(plane.kubeconfig);
    await admin.create("/api/v1/namespaces", { metadata: { name: "flare-system" } });
    const applied = await applyManifests(admin, loadManifests("manifests/provider"));
    expect(applied).toMatchObject({ refused: [], unknown: [] });
    hub = kubeClientFrom(await serviceAccountKubeconfig(plane.kubeconfig, account));
    admin.close();
  });
  afterAll(async () => {
    hub?.close();
    await plane?.stop();
  });

  test.each([
    ["sees nodes", { verb: "watch", resource: "nodes" }, true],
    ["changes no node", { verb: "patch", resource: "nodes" }, false],
    ["makes namespaces", { verb: "create", resource: "namespaces" }, true],
    [
      "makes Deployments in them",
      { verb: "patch", group: "apps", resource: "deployments", namespace: "x" },
      true,
    ],
    ["writes Secrets", { verb: "patch", resource: "secrets", namespace: "x" }, true],
    ["reads no Secret", { verb: "get", resource: "secrets", namespace: "x" }, false],
    [
      "runs nothing in others' pods",
      { verb: "create", resource: "pods", subresource: "exec", namespace: "x" },
      false,
    ],
    [
      "gives nobody rights",
      { verb: "create", group: "rbac.authorization.k8s.io", resource: "rolebindings", namespace: "x" },
      false,
    ],
  ])("the hub's account %s", async (_, resourceAttributes, expected) => {
    const { body } = await hub.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      spec: { resourceAttributes },
    });
    expect((body.status as { readonly allowed: boolean }).allowed).toBe(expected);
  });
});
