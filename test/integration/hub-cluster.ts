/** Clusters of the hub's tests and benches, and what people do to them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { PODS } from "../../src/hub/providers/connection.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { SECRETS } from "../../src/hub/providers/secret-source.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { type KubeObject, NODES, type Resource } from "../../src/kubernetes/objects.ts";
import { startApi, type TestApi } from "../support/api.ts";
import { kubeNode, kubePod, type NodeParts, type PodParts } from "../unit/hub/builders.ts";

export const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  namespaced: false,
};
export const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };

/** A cluster of a test with the few things that tests do to it. */
export interface TestCluster extends TestApi {
  readonly client: KubeClient;
  addNode(parts?: NodeParts): Promise<void>;
  addPod(parts: PodParts & { readonly name: string }): Promise<void>;
  /** As its kubelet would, when the containers have ended. */
  removePod(name: string): Promise<void>;
  close(): Promise<void>;
}

export const startCluster = async (): Promise<TestCluster> => clusterOf(await startApi());

/** The cluster of an API that runs already. */
export function clusterOf(api: TestApi): TestCluster {
  const client = createClient({ kubeconfigText: api.kubeconfig, userAgent: "test" });
  return {
    ...api,
    client,
    addNode: async (parts = {}) => {
      const { status, ...node } = kubeNode(parts);
      const { uid: _, ...metadata } = node.metadata ?? {};
      await client.create(NODES, { ...node, metadata });
      await client.patch(NODES, { name: metadata.name, subresource: "status" }, { status });
      // A real API server taints a new Node as not ready; the node controller, which tests run without, takes that back.
      await client.patch(NODES, { name: metadata.name }, { spec: { taints: node.spec?.taints ?? null } });
    },
    addPod: async (parts) => {
      const pod = kubePod(parts);
      const containers = (pod.spec?.containers ?? []).map(({ resources }) => ({
        name: "main",
        image: "image",
        resources: { requests: resources?.requests ?? {}, limits: resources?.requests ?? {} },
      }));
      await client.create(PODS, {
        metadata: pod.metadata ?? {},
        spec: { ...pod.spec, containers },
      } as KubeObject);
    },
    removePod: async (name) => {
      const path = `/api/v1/namespaces/default/pods/${name}`;
      await client.raw({ method: "DELETE", path, query: { gracePeriodSeconds: 0 } });
    },
    close: async () => {
      client.close();
      await api.stop();
    },
  };
}

/** Applies the CRDs of a file or folder and waits until the API serves them. */
export async function applyCrds(client: KubeClient, path: string): Promise<void> {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")
        .map((name) => join(path, name))
    : [path];
  for (const document of files.flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")))) {
    const crd = document.toJS() as KubeObject & {
      readonly spec: { group: string; names: { plural: string }; versions: { name: string }[] };
    };
    await client.apply(CRDS, crd, { fieldManager: "test" });
    const { group, names, versions } = crd.spec;
    const path = `/apis/${group}/${versions[0]?.name}/${names.plural}?limit=1`;
    await served(client, path);
  }
}

export async function createNamespace(client: KubeClient, name: string): Promise<void> {
  await client.apply(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } } as KubeObject, {
    fieldManager: "test",
  });
}

/** Writes the Secret with a kubeconfig, as a person would rotate it. */
export async function writeKubeconfig(
  hub: TestCluster,
  name: string,
  kubeconfig: string,
  key = "kubeconfig",
): Promise<void> {
  const metadata = { name: `${name}-kubeconfig`, namespace: "flare-system" };
  const data = { [key]: Buffer.from(kubeconfig).toString("base64") };
  await hub.client.delete(SECRETS, metadata);
  await hub.client.create(SECRETS, { apiVersion: "v1", kind: "Secret", metadata, data } as KubeObject);
}

export async function addProvider(hub: TestCluster, name: string, spec: object = {}): Promise<void> {
  const kubeconfigSecretRef = { namespace: "flare-system", name: `${name}-kubeconfig` };
  const provider = { apiVersion: "flare.clastix.io/v1alpha1", kind: "Provider", metadata: { name } };
  await hub.client.create(PROVIDERS, { ...provider, spec: { kubeconfigSecretRef, ...spec } } as KubeObject);
}

/** Adds the Provider `fed`, by which a hub buys through its own cluster. */
export async function addDoor(hub: TestCluster): Promise<void> {
  await hub.client.create(PROVIDERS, {
    apiVersion: "flare.clastix.io/v1alpha1",
    kind: "Provider",
    metadata: { name: "fed" },
    spec: { inCluster: true, engine: "fluidos" },
  } as KubeObject);
}

async function served(client: KubeClient, path: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const there = await client.raw({ method: "GET", path }).then(
      () => true,
      () => false,
    );
    if (there) return;
    await delay(30);
  }
  throw new Error(`${path} is not served`);
}
