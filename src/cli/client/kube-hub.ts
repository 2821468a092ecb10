import { INTENTS, type KubeIntent } from "../../hub/intents/intent-view.ts";
import { API_VERSION } from "../../intent/resources.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import type { WatchEvent } from "../../kubernetes/watch.ts";
import { EXIT_CODES, UserError } from "../exit.ts";
import { createFlavorMarket } from "./flavor-market.ts";
import { toldIntent } from "./kube-intent.ts";
import type { NewIntent, ToldIntent, UserHub, UserTokens } from "./user-hub.ts";

/** A hub by the API server of its cluster, whose KubeErrors go through; `namespace`: where Intents are, `flavorsNamespace`: where the hub tells what there is. */
export function createKubeHub(
  client: KubeClient,
  { namespace, flavorsNamespace }: { readonly namespace: string; readonly flavorsNamespace: string },
): UserHub {
  const market = createFlavorMarket(client, flavorsNamespace);
  return {
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

async function* watch(client: KubeClient, from: ToldIntent): AsyncGenerator<ToldIntent, void> {
  try {
    for await (const intent of states(client, from)) yield toldIntent(intent);
  } catch (error) {
    if (isKubeError(error, "not-found")) return;
    throw error;
  }
}

/** A watch that ends is opened anew. */
async function* states(
  client: KubeClient,
  { namespace, name, uid }: ToldIntent,
): AsyncGenerator<KubeIntent, void> {
  for (;;) {
    const intent = await client.get<KubeIntent>(INTENTS, { namespace, name });
    if (intent.metadata?.uid !== uid) return;
    yield intent;
    for await (const { type, object } of watchIntent(client, intent, WATCH_SECONDS)) {
      if (type === "DELETED") return;
      if (type !== "BOOKMARK") yield object;
    }
  }
}

/** The events of an Intent since it was read, until its watch ends, for whatever reason that a new one mends. */
export async function* watchIntent(
  client: KubeClient,
  { metadata = {} }: KubeIntent,
  timeoutSeconds: number,
  signal?: AbortSignal,
): AsyncGenerator<WatchEvent<KubeIntent>, void> {
  const { name = "", namespace = "", resourceVersion = "" } = metadata;
  const query = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
    timeoutSeconds,
  };
  try {
    for await (const event of client.watch<KubeIntent>(INTENTS, query, { signal })) {
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
