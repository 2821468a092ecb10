/** A hub in this process, in a hurry. */
import { expect, vi } from "vitest";
import { type HubConfig, hubConfigSchema } from "../../src/hub/config.ts";
import type { Controller, ControllerContext } from "../../src/hub/controller.ts";
import type { ResolveModel } from "../../src/hub/intents/models.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { type HubExitCode, runHub } from "../../src/hub/run-hub.ts";
import type { Provider } from "../../src/intent/resources.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { REGIONS } from "../unit/hub/builders.ts";
import type { TestCluster } from "./hub-cluster.ts";

export * from "./hub-cluster.ts";

export const until = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 60_000, interval: 30 });

/** As `until`, for hooks: waits until the work does not throw. */
export const settled = <T>(work: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(work, { timeout: 60_000, interval: 30 });

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
  cluster: Pick<TestCluster, "kubeconfig">,
  config: { readonly [section: string]: object | string } = {},
  parts: {
    readonly identity?: string;
    readonly controllers?: readonly Controller[];
    /** Where there is a section `api`, with what it needs: told its port. */
    readonly api?: { readonly resolveModel: ResolveModel; readonly onApi: (port: number) => void };
    /** Sees what the hub does; `place` tells its own cluster from the providers'. */
    readonly wrap?: (client: KubeClient, place: "hub" | "provider") => KubeClient;
  } = {},
): Promise<TestHub> {
  const { wrap = (plain) => plain } = parts;
  const client = wrap(createClient({ kubeconfigText: cluster.kubeconfig, userAgent: "flare-hub" }), "hub");
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
          wrap(
            createClient({
              kubeconfigText: "inCluster" in destination ? cluster.kubeconfig : destination.kubeconfigText,
            }),
            "provider",
          ),
        regions: REGIONS,
        ...parts.api,
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

function mergedConfig(config: { readonly [section: string]: object | string }): HubConfig {
  const sections = new Set([...Object.keys(IN_A_HURRY), ...Object.keys(config)]);
  const hurry: { readonly [section: string]: object } = IN_A_HURRY;
  return hubConfigSchema.parse(
    Object.fromEntries([...sections].map((name) => [name, merged(hurry[name], config[name])])),
  );
}

const merged = (hurry: object | undefined, said: object | string | undefined): object | string =>
  typeof said === "string" ? said : { ...hurry, ...said };
