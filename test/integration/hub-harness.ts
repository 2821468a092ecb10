/** A hub in this process, in a hurry, with provider clusters beside it. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { type HubConfig, hubConfigSchema } from "../../src/hub/config.ts";
import type { Controller, ControllerContext } from "../../src/hub/controller.ts";
import { PODS } from "../../src/hub/providers/connection.ts";
import { PROVIDERS } from "../../src/hub/providers/provider-controller.ts";
import { SECRETS } from "../../src/hub/providers/secret-source.ts";
import { type HubExitCode, runHub } from "../../src/hub/run-hub.ts";
import type { Provider } from "../../src/intent/resources.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { type KubeObject, NODES, type Resource } from "../../src/kubernetes/objects.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { startApi, type TestApi } from "../support/api.ts";
import { kubeNode, kubePod, type NodeParts, type PodParts, REGIONS } from "../unit/hub/builders.ts";

export const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  namespaced: false,
};
export const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };

export const until = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 30 });

/** As `until`, for hooks: waits until the work does not throw. */
export const settled = <T>(work: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(work, { timeout: 15_000, interval: 30 });

/** A cluster of a test with the few things that tests do to it. */
export interface TestCluster extends TestApi {
  readonly client: KubeClient;
  addNode(parts?: NodeParts): Promise<void>;
  addPod(parts: PodParts & { readonly name: string }): Promise<void>;
  /** As its kubelet would, when the containers have ended. */
  removePod(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function startCluster(): Promise<TestCluster> {
  const api = await startApi();
  const client = createClient({ kubeconfigText: api.kubeconfig, userAgent: "test" });
  return {
    ...api,
    client,
    addNode: async (parts = {}) => {
      const { status, ...node } = kubeNode(parts);
      const { uid: _, ...metadata } = node.metadata ?? {};
      await client.create(NODES, { ...node, metadata });
      await client.patch(NODES, { name: metadata.name, subresource: "status" }, { status });
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
    const served = `/apis/${group}/${versions[0]?.name}/${names.plural}?limit=1`;
    await settled(() => client.raw({ method: "GET", path: served }));
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

/** Conditions as `Reachable=True Connected`, in their order. */
export async function conditionsOf(hub: TestCluster, name: string): Promise<string[]> {
  const { status } = await hub.client.get<KubeObject & Pick<Provider, "status">>(PROVIDERS, { name });
  return (status?.conditions ?? []).map(({ type, status: state, reason }) => `${type}=${state} ${reason}`);
}

export async function statusOf(hub: TestCluster, name: string): Promise<NonNullable<Provider["status"]>> {
  const { status } = await hub.client.get<KubeObject & Pick<Provider, "status">>(PROVIDERS, { name });
  return status ?? {};
}

export interface TestHub {
  /** What the leader's controllers see; undefined until this hub leads. */
  readonly context: () => ControllerContext | undefined;
  /** `free/total` by offer, in order. */
  readonly free: () => Record<string, string>;
  readonly fetch: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
  readonly log: readonly string[];
  readonly stop: () => Promise<HubExitCode>;
}

const IN_A_HURRY = {
  providers: { probeEvery: "200ms", probeTimeout: "1s", unreachableAfter: "500ms", statusEvery: "50ms" },
  flavors: { every: "50ms", perSecond: 500 },
};

/** Starts a hub on a cluster. */
export async function startHub(
  cluster: TestCluster,
  config: { readonly [section: string]: object } = {},
  parts: { readonly identity?: string; readonly controllers?: readonly Controller[] } = {},
): Promise<TestHub> {
  const client = createClient({ kubeconfigText: cluster.kubeconfig, userAgent: "flare-hub" });
  const ending = new AbortController();
  const log: string[] = [];
  let context: ControllerContext | undefined;
  const spy: Controller = {
    name: "spy",
    start: async (given) => {
      context = given;
      given.signal.addEventListener("abort", () => {
        context = undefined;
      });
    },
  };
  let ended: Promise<HubExitCode> | undefined;
  const port = await new Promise<number>((resolve, reject) => {
    ended = runHub(
      {
        config: mergedConfig(config),
        namespace: "flare-system",
        identity: parts.identity ?? "hub-1",
        listen: { host: "127.0.0.1", port: 0 },
      },
      {
        client,
        connect: (destination) =>
          createClient({
            kubeconfigText: "inCluster" in destination ? cluster.kubeconfig : destination.kubeconfigText,
          }),
        regions: REGIONS,
        controllers: [spy, ...(parts.controllers ?? [])],
        log: createLogger({ level: "info", write: (line) => log.push(line) }),
        signal: ending.signal,
        onListening: resolve,
        random: () => 0.1,
      },
    );
    ended.then((code) => reject(new Error(`the hub ended with ${code}:\n${log.join("")}`)), reject);
  });
  return {
    context: () => context,
    free: () =>
      Object.fromEntries(
        (context?.pool.offers() ?? []).map(({ id, free, total }) => [id, `${free}/${total}`]),
      ),
    fetch: async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.text() };
    },
    log,
    stop: async () => {
      ending.abort();
      const code = await ended;
      client.close();
      return code ?? 1;
    },
  };
}

function mergedConfig(config: { readonly [section: string]: object }): HubConfig {
  const sections = new Set([...Object.keys(IN_A_HURRY), ...Object.keys(config)]);
  const hurry: { readonly [section: string]: object } = IN_A_HURRY;
  return hubConfigSchema.parse(
    Object.fromEntries([...sections].map((name) => [name, { ...hurry[name], ...config[name] }])),
  );
}
