import { hubConfigSchema } from "../../hub/config.ts";
import type { Controller } from "../../hub/controller.ts";
import { createIntentController } from "../../hub/intents/controller.ts";
import type { OfferPool } from "../../hub/inventory/offer-pool.ts";
import { runHub } from "../../hub/run-hub.ts";
import { customResourceDefinitions } from "../../intent/crds.ts";
import { createClient } from "../../kubernetes/client.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { whenAborted } from "../../kubernetes/timing.ts";
import { createLogger } from "../../observability/logger.ts";
import { sandboxAdmin } from "../../sandbox/sandbox.ts";
import {
  addDirectProvider,
  addNamespace,
  addProvider,
  builtInKnowledge,
  CRDS,
  HASTE,
  JOB_MS,
  SYSTEM,
} from "../demo-hub.ts";
import { pretendToRun } from "../demo-kubelet.ts";
import type { DemoSite, DemoSites } from "./sites.ts";

/** The hubs of the federated demo, at work. */
export interface DemoHubs {
  /** What the buying hub has to give; undefined until it is at work. */
  pool(): OfferPool | undefined;
  close(): Promise<void>;
}

/** Where the hub buys. */
export const DOOR = "federation";
/** Nobody sits and waits for minutes. How long FLUIDOS and Liqo may take is as everywhere: a busy machine is slow. */
const HURRY = { discoverEvery: "1s", retryAfter: "1m" };

/** Starts the hub that buys, the one that sells for upstream FLUIDOS, and what pretends to run pods in the lab. */
export async function startHubs(sites: DemoSites): Promise<DemoHubs> {
  const { regions, resolveModel } = await builtInKnowledge();
  await prepare(sites);
  const ending = new AbortController();
  let pool: OfferPool | undefined;
  const window: Controller = {
    name: "demo",
    start: (context) => {
      ({ pool } = context);
      return whenAborted(context.signal);
    },
  };
  const intents = createIntentController({ resolveModel, retryMs: 1000, queueEveryMs: 1000 });
  const { signal } = ending;
  const start = (site: DemoSite, config: object, controllers: readonly Controller[]): Promise<unknown> => {
    const own = { kubeconfigText: site.sandbox.adminKubeconfig };
    return runHub(
      { config: hubConfigSchema.parse(config), namespace: SYSTEM, identity: "demo" },
      {
        client: site.client,
        connect: (destination) =>
          createClient("inCluster" in destination ? own : { kubeconfigText: destination.kubeconfigText }),
        regions,
        controllers,
        log: createLogger({ level: "error" }),
        signal,
        version: "demo",
      },
    );
  };
  const running = [
    start(sites.hub, { providers: haste(), fluidos: HURRY }, [window, intents]),
    start(sites.beta, { role: "provider", provider: { name: "beta" }, providers: haste() }, []),
    pretendToRun(sites.lab.client, JOB_MS, signal),
  ];
  return {
    pool: () => pool,
    close: async () => {
      ending.abort();
      await Promise.allSettled(running);
    },
  };
}

const haste = (): object => Object.fromEntries(Object.entries(HASTE).map(([name, ms]) => [name, `${ms}ms`]));

/** What an administrator of the hub applies: the CRDs, a Provider for the federation and one for the lab. */
async function prepare({ hub, lab }: DemoSites): Promise<void> {
  const { client } = hub;
  for (const crd of customResourceDefinitions().values()) await client.create(CRDS, crd as KubeObject);
  for (const name of [SYSTEM, "team-a"]) await addNamespace(client, name);
  await addProvider(client, DOOR, { inCluster: true, engine: "fluidos" });
  await addDirectProvider(client, lab.name, lab.sandbox.entryFor(sandboxAdmin));
}
