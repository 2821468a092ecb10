import { INTENTS, type KubeIntent } from "../../hub/intents/intent-view.ts";
import { API_VERSION } from "../../intent/resources.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError, type KubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import type { WatchEvent } from "../../kubernetes/watch.ts";
import { EXIT_CODES, UserError } from "../exit.ts";
import { createFlavorMarket } from "./flavor-market.ts";
import { toldIntent } from "./kube-intent.ts";
import type { NewIntent, ToldIntent, UserHub, UserTokens } from "./user-hub.ts";

/** A hub by the API server of its cluster; `namespace`: where Intents are, `flavorsNamespace`: where the hub tells what there is. */
export function createKubeHub(
  client: KubeClient,
  { namespace, flavorsNamespace }: { readonly namespace: string; readonly flavorsNamespace: string },
): UserHub {
  const market = createFlavorMarket(client, flavorsNamespace);
  const hub: UserHub = {
    place: `namespace ${namespace}`,
    gpus: ({ region }) => market.gpus(region),
    submit: async (intent) => toldIntent(await create(client, namespace, intent)),
    dryRun: ({ spec }) => market.dryRun(spec),
    list: async ({ allNamespaces }) => {
      const found: ToldIntent[] = [];
      for await (const { items } of client.list<KubeIntent>(INTENTS, allNamespaces ? {} : { namespace }))
        found.push(...items.map(toldIntent));
      return found;
    },
    get: async (name) => toldIntent(await client.get<KubeIntent>(INTENTS, { namespace, name })),
    watch: (from) => watch(client, from),
    cancel: ({ name, namespace: own }) => client.delete(INTENTS, { namespace: own, name }),
    logs: (intent) => noLogs(intent),
    tokens: NO_TOKENS,
    close: () => client.close(),
  };
  return toldByUserErrors(hub);
}

/** What the API server refuses becomes an error for the user, with its exit code. */
function toldByUserErrors(hub: UserHub): UserHub {
  const told =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      work(...args).catch((error: unknown) => {
        throw isKubeError(error) ? asUserError(error) : error;
      });
  return {
    ...hub,
    gpus: told(hub.gpus),
    submit: told(hub.submit),
    dryRun: told(hub.dryRun),
    list: told(hub.list),
    get: told(hub.get),
    cancel: told(hub.cancel),
  };
}

/** The API server's answer as an error for the user. */
export function asUserError(error: KubeError): UserError {
  if (error.code === "config") return new UserError(error.message);
  return new UserError(error.message, error.code === "not-found" ? EXIT_CODES.notFound : EXIT_CODES.failed);
}

async function create(
  client: KubeClient,
  usual: string,
  { name, namespace = usual, spec }: NewIntent,
): Promise<KubeIntent> {
  const intent = { apiVersion: API_VERSION, kind: "Intent", metadata: { name, namespace }, spec };
  try {
    return await client.create<KubeIntent>(INTENTS, intent as KubeObject);
  } catch (error) {
    if (!isKubeError(error, "conflict")) throw error;
    throw new UserError(
      `there is an Intent ${namespace}/${name} already; give another name, or flare cancel it first`,
      EXIT_CODES.failed,
    );
  }
}

const WATCH_SECONDS = 240;

/** A watch that ends is opened anew. */
async function* watch(
  client: KubeClient,
  { namespace, name, uid }: ToldIntent,
): AsyncGenerator<ToldIntent, void> {
  try {
    for (;;) {
      const intent = await client.get<KubeIntent>(INTENTS, { namespace, name });
      if (intent.metadata?.uid !== uid) return;
      yield toldIntent(intent);
      for await (const { type, object } of watchOnce(client, intent)) {
        if (type === "DELETED") return;
        if (type !== "BOOKMARK") yield toldIntent(object);
      }
    }
  } catch (error) {
    if (isKubeError(error, "not-found")) return;
    throw isKubeError(error) ? asUserError(error) : error;
  }
}

/** The events of an Intent until its watch ends, for whatever reason that a new one mends. */
async function* watchOnce(
  client: KubeClient,
  { metadata = {} }: KubeIntent,
): AsyncGenerator<WatchEvent<KubeIntent>, void> {
  const { name = "", namespace = "", resourceVersion = "" } = metadata;
  const query = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
    timeoutSeconds: WATCH_SECONDS,
  };
  try {
    for await (const event of client.watch<KubeIntent>(INTENTS, query)) {
      if (event.type === "ERROR") return;
      yield event;
    }
  } catch (error) {
    if (!isKubeError(error, "silent") && !isKubeError(error, "gone")) throw error;
  }
}

/** Logs are with the providers, which this kubeconfig does not lead to. */
function noLogs({ name, placement }: ToldIntent): never {
  if (placement?.namespace === undefined)
    throw new UserError(`${name} runs nowhere now; flare status ${name} tells why`, EXIT_CODES.failed);
  throw new UserError(
    `the logs of ${name} are with provider ${placement.provider}, and this kubeconfig is that of the hub's cluster. ` +
      "Through the REST API: flare login SERVER, then flare logs again. Or with a kubeconfig of the provider: " +
      `kubectl -n ${placement.namespace} logs -l app.kubernetes.io/managed-by=flare --all-containers --prefix`,
    EXIT_CODES.failed,
  );
}

const noTokens = (): never => {
  throw new UserError(
    "tokens are those of the REST API, and a kubeconfig was chosen; flare login SERVER, or --server URL",
  );
};
const NO_TOKENS: UserTokens = { create: noTokens, list: noTokens, revoke: noTokens };
