import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { Logger } from "../../observability/logger.ts";
import { isOwned } from "../../workload/identity.ts";
import type { IntentIdentity } from "../../workload/names.ts";
import type { Place } from "../intents/places.ts";
import type { ProviderDirectory } from "../providers/directory.ts";
import { type DeployOptions, deployObjects } from "./deploy.ts";
import type { Engine, StepResult } from "./engine.ts";
import { bounded, type Failure, failure, openTo, readNamespace } from "./open-provider.ts";
import { NAMESPACES } from "./resources.ts";
import { createWorkloadWatches } from "./workload-watches.ts";

export interface DirectEngineOptions extends Omit<DeployOptions, "provider" | "namespaceSeen"> {
  readonly providers: Pick<ProviderDirectory, "get" | "all" | "subscribe">;
  readonly log: Logger;
}

type Target = Pick<Place, "provider" | "namespace">;

/** The engine that places with a kubeconfig of the provider's cluster: nothing else is needed there. */
export function createDirectEngine(options: DirectEngineOptions): Engine {
  const watches = createWorkloadWatches(options, "direct");
  const withClient = <T extends StepResult>(
    provider: string,
    signal: AbortSignal,
    work: (client: KubeClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T | Failure> => {
    const open = openTo(options.providers.get(provider), provider);
    return "client" in open ? bounded(signal, (within) => work(open.client, within)) : Promise.resolve(open);
  };
  return {
    name: "direct",
    // The status of the Intent is the reservation; the provider learns of it with the workload.
    reserve: () => Promise.resolve({ ok: true }),
    deploy: (view, place, { suspended, signal }) =>
      withClient(place.provider, signal, async (client, within) => {
        const provider = options.providers.get(place.provider)?.provider();
        const job = { client, view, place, suspended, signal: within };
        const result = await deployObjects(
          { ...options, provider, namespaceSeen: watches.namespace(place) },
          job,
        );
        if (result.ok) watches.deployed(view.uid, place);
        return result;
      }),
    observe: ({ uid }, place) => watches.observe(uid, place),
    isMissing: ({ uid }, place) => watches.isMissing(uid, place),
    release: (view, place, signal) =>
      withClient(place.provider, signal, async (client, within) => {
        const result = await release(client, options.hub, view, place, within);
        if (result.ok) watches.released(view.uid, place);
        return result;
      }),
    found: () => watches.found(),
    sees: watches.sees,
    subscribe: watches.subscribe,
    run: watches.run,
  };
}

/** Deletes the namespace, if it is this Intent's, and with it everything in it. */
async function release(
  client: KubeClient,
  hub: string,
  view: IntentIdentity,
  { namespace }: Target,
  signal: AbortSignal,
): Promise<StepResult> {
  const found = await readNamespace(client, namespace, signal);
  if (found === undefined || !isOwned(found, hub, view)) return { ok: true };
  if (found.metadata?.deletionTimestamp === undefined) {
    await client.delete(NAMESPACES, { name: namespace }, { signal });
    if ((await readNamespace(client, namespace, signal)) === undefined) return { ok: true };
  }
  return failure("Terminating", `namespace ${namespace} is being deleted`);
}
