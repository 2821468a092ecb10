/** A hub with its REST API in this process, with the rights of its manifests, and people of two tenants. */
import { readdirSync, readFileSync } from "node:fs";
import { hubConfigSchema } from "../../src/hub/config.ts";
import { createIntentController } from "../../src/hub/intents/controller.ts";
import { DEFAULT_CURRENCY_RATES } from "../../src/hub/intents/currency-rates.ts";
import { catalogueModels } from "../../src/hub/intents/models.ts";
import { runHub } from "../../src/hub/run-hub.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import type { KubeObject, Resource } from "../../src/kubernetes/objects.ts";
import { parseTable } from "../../src/mapping/parse-table.ts";
import { compileParsed } from "../../src/mapping/tables.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { loadManifests } from "../support/manifests.ts";
import { serviceAccountKubeconfig } from "../support/service-account.ts";
import { REGIONS } from "../unit/hub/builders.ts";
import {
  addProvider,
  applyCrds,
  NAMESPACES,
  startCluster,
  type TestCluster,
  writeKubeconfig,
} from "./hub-cluster.ts";
import { settled, until } from "./hub-harness.ts";

export * from "./hub-cluster.ts";
export { listed, madeIn, makeAvailable } from "./intents-harness.ts";
export { settled, until };

const tables = readdirSync("mappings")
  .filter((file) => file.startsWith("catalogue-"))
  .flatMap((file) => {
    const parsed = parseTable({ file, text: readFileSync(`mappings/${file}`, "utf8"), origin: "built-in" });
    return parsed.ok ? [parsed.table] : [];
  });
const compiled = compileParsed(tables);
if (!compiled.ok) throw new Error(compiled.problems.join("\n"));
export const MEANING = {
  resolveModel: catalogueModels(compiled.tables.catalogue),
  currency: "EUR",
  currencyRates: DEFAULT_CURRENCY_RATES,
};

const rbac = (plural: string, namespaced: boolean): Resource => ({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural,
  namespaced,
});
export const ROLES = rbac("roles", true);
export const ROLE_BINDINGS = rbac("rolebindings", true);
export const CLUSTER_ROLES = rbac("clusterroles", false);
export const CLUSTER_ROLE_BINDINGS = rbac("clusterrolebindings", false);
export const SERVICE_ACCOUNTS: Resource = {
  group: "",
  version: "v1",
  plural: "serviceaccounts",
  namespaced: true,
};
const RESOURCES: Readonly<Record<string, Resource>> = {
  Namespace: NAMESPACES,
  ServiceAccount: SERVICE_ACCOUNTS,
  Role: ROLES,
  RoleBinding: ROLE_BINDINGS,
  ClusterRole: CLUSTER_ROLES,
  ClusterRoleBinding: CLUSTER_ROLE_BINDINGS,
};

/** What somebody may do with Intents of a namespace. */
export const MEMBER = [
  { apiGroups: ["flare.clastix.io"], resources: ["intents"], verbs: ["list", "create", "delete"] },
  { apiGroups: ["flare.clastix.io"], resources: ["tokens"], verbs: ["create"] },
];
export const READER = [{ apiGroups: ["flare.clastix.io"], resources: ["intents"], verbs: ["list"] }];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Whatever JSON came: tests look at it field by field. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface AskOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RunningApi {
  readonly url: string;
  readonly log: readonly string[];
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  stop(): Promise<void>;
}

export interface ApiCluster {
  readonly hub: TestCluster;
  readonly provider: TestCluster;
  /** A ServiceAccount in a namespace, with rights there and in others; its token. */
  person(name: string, namespace: string, rules: object[], also?: readonly string[]): Promise<string>;
  tokenOf(name: string, namespace: string): Promise<string>;
  namespace(name: string, tenant?: string): Promise<void>;
  start(options?: {
    readonly api?: object;
    readonly identity?: string;
    readonly controllers?: boolean;
    readonly leaderElection?: object;
    readonly intents?: object;
    /** Stands between the hub and its API server. */
    readonly wrap?: (client: KubeClient) => KubeClient;
  }): Promise<RunningApi>;
  close(): Promise<void>;
}

/** Starts a hub's cluster with our CRDs and RBAC, and a provider "alpha" without nodes. */
export async function startApiCluster(): Promise<ApiCluster> {
  const [hub, provider] = await Promise.all([startCluster(), startCluster()]);
  const { client } = hub;
  await applyCrds(client, "manifests/crds");
  for (const manifest of loadManifests("manifests/hub")) {
    const resource = RESOURCES[manifest.kind];
    if (resource !== undefined)
      await client.apply(resource, manifest as KubeObject, { fieldManager: "test" });
  }
  await writeKubeconfig(hub, "alpha", provider.kubeconfig);
  await addProvider(hub, "alpha");
  const hubKubeconfig = await serviceAccountKubeconfig(hub.kubeconfig, {
    namespace: "flare-system",
    name: "flare-hub",
  });
  const running = new Set<RunningApi>();
  return {
    hub,
    provider,
    tokenOf: (name, namespace) => tokenOf(hub, name, namespace),
    namespace: async (name, tenant) => {
      const labels = tenant === undefined ? {} : { "flare.clastix.io/tenant": tenant };
      await client.apply(
        NAMESPACES,
        { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } },
        { fieldManager: "test" },
      );
    },
    person: (name, namespace, rules, also) => addPerson(hub, name, namespace, { rules, also }),
    start: async (options = {}) => {
      const started = await startHub(hubKubeconfig, options);
      running.add(started);
      return started;
    },
    close: async () => {
      await Promise.all([...running].map((each) => each.stop()));
      await Promise.all([hub.close(), provider.close()]);
    },
  };
}

/** A token of a ServiceAccount, as the API server makes them. */
async function tokenOf({ client }: TestCluster, name: string, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const answer: unknown = JSON.parse(await client.raw({ method: "POST", path, body }));
  return (answer as { readonly status: { readonly token: string } }).status.token;
}

/** A ServiceAccount in a namespace, with rights there and in others; returns its token. */
export async function addPerson(
  cluster: TestCluster,
  name: string,
  namespace: string,
  { rules, also = [] }: { readonly rules: object[]; readonly also?: readonly string[] | undefined },
): Promise<string> {
  await cluster.client.create(SERVICE_ACCOUNTS, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace },
  });
  for (const each of [namespace, ...also]) await bind(cluster, name, namespace, each, rules);
  return tokenOf(cluster, name, namespace);
}

async function bind(
  { client }: TestCluster,
  name: string,
  home: string,
  namespace: string,
  rules: object[],
): Promise<void> {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  await client.create(ROLES, {
    apiVersion,
    kind: "Role",
    metadata: { name, namespace },
    rules,
  } as KubeObject);
  await client.create(ROLE_BINDINGS, {
    apiVersion,
    kind: "RoleBinding",
    metadata: { name, namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: home }],
  } as KubeObject);
}

const HURRY = {
  providers: { probeEvery: "100ms", probeTimeout: "5s", unreachableAfter: "500ms", statusEvery: "1s" },
  flavors: { enabled: false },
};

type StartOptions = NonNullable<Parameters<ApiCluster["start"]>[0]>;

async function startHub(kubeconfigText: string, options: StartOptions): Promise<RunningApi> {
  const {
    identity = "hub-1",
    controllers = true,
    leaderElection = {},
    intents = {},
    wrap = (same) => same,
  } = options;
  const api = {
    listen: "127.0.0.1:0",
    limits: {
      perToken: { perSecond: 1000, burst: 10_000 },
      perAddress: { perSecond: 1000, burst: 10_000 },
      failedLogins: { perSecond: 100, burst: 1000 },
    },
    ...options.api,
  };
  const client = wrap(createClient({ kubeconfigText, userAgent: "flare-hub" }));
  const ending = new AbortController();
  const log: string[] = [];
  const controller = createIntentController({ ...MEANING, queueEveryMs: 200, retryMs: 200 });
  let ended: Promise<unknown> = Promise.resolve();
  const port = await new Promise<number>((resolve, reject) => {
    ended = runHub(
      {
        config: hubConfigSchema.parse({ ...HURRY, leaderElection, intents, api }),
        namespace: "flare-system",
        identity,
      },
      {
        client,
        connect: (destination) =>
          createClient({
            kubeconfigText: "inCluster" in destination ? kubeconfigText : destination.kubeconfigText,
          }),
        regions: REGIONS,
        resolveModel: MEANING.resolveModel,
        controllers: controllers ? [controller] : [],
        log: createLogger({ level: "info", write: (line) => log.push(line) }),
        signal: ending.signal,
        onApi: resolve,
        random: () => 0.1,
      },
    ).finally(() => {
      client.close();
      reject(new Error(`the hub ended:\n${log.join("")}`));
    });
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    log,
    ask: (method, path, asked) => ask(url, method, path, asked),
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}

export async function ask(
  url: string,
  method: string,
  path: string,
  options: AskOptions = {},
): Promise<Answer> {
  const { token, body, headers = {} } = options;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
