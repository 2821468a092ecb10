/** Intents live through under the rights of manifests/hub and no others: these are enough, and none of them is idle. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resourceOf } from "../../src/hub/engines/resources.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { isKubeError } from "../../src/kubernetes/kube-error.ts";
import { type KubeObject, NODES, type Resource } from "../../src/kubernetes/objects.ts";
import { applyManifests } from "../support/discovery.ts";
import { request } from "../support/intents.ts";
import { kubeClientFrom } from "../support/kube-client.ts";
import { loadManifests, type Manifest } from "../support/manifests.ts";
import { serviceAccountKubeconfig } from "../support/service-account.ts";
import { addPerson, ask, MEANING, MEMBER } from "./api-harness.ts";
import {
  addProvider,
  applyCrds,
  createNamespace,
  NAMESPACES,
  startCluster,
  type TestCluster,
  writeKubeconfig,
} from "./hub-cluster.ts";
import { conditionsOf, startHub, type TestHub, until } from "./hub-harness.ts";
import {
  addPodOf,
  endJob,
  intent,
  intentController,
  intentsOf,
  listed,
  madeIn,
  makeAvailable,
} from "./intents-harness.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const ACCOUNT = { namespace: "flare-system", name: "flare-hub" };
const SECRETS: Resource = { group: "", version: "v1", plural: "secrets", namespaced: true };
const FLAVORS: Resource = {
  group: "nodecore.fluidos.eu",
  version: "v1alpha1",
  plural: "flavors",
  namespaced: true,
};
const RBAC = ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const MANIFESTS = [
  ...loadManifests("manifests/hub"),
  ...loadManifests("manifests/hub/components/fluidos"),
].filter(({ kind }) => RBAC.includes(kind));
const AT_PROVIDERS = loadManifests("manifests/provider");

let hubCluster: TestCluster;
let provider: TestCluster;
let hub: TestHub;
let url = "";
let intents: ReturnType<typeof intentsOf>;
/** `verb group/resource`, of what was done at the hub's own cluster and at the provider's. */
const used = { hub: new Set<string>(), provider: new Set<string>() };

beforeAll(async () => {
  [hubCluster, provider] = await Promise.all([startCluster(), startCluster()]);
  await applyCrds(hubCluster.client, "manifests/crds");
  await applyCrds(hubCluster.client, "manifests/crds/fluidos/nodecore.fluidos.eu_flavors.yaml");
  for (const name of ["fluidos", "team-a"]) await createNamespace(hubCluster.client, name);
  await install(hubCluster, [...MANIFESTS, roleBinding("team-a", "flare-hub-tenant-secrets")]);
  await createNamespace(provider.client, "flare-system");
  await install(provider, AT_PROVIDERS);
  await provider.addNode();
  await writeKubeconfig(hubCluster, "alpha", await serviceAccountKubeconfig(provider.kubeconfig, ACCOUNT));
  intents = intentsOf(hubCluster);
  hub = await startHub(
    { kubeconfig: await serviceAccountKubeconfig(hubCluster.kubeconfig, ACCOUNT) },
    {
      leaderElection: { enabled: true, leaseDuration: "2s", renewDeadline: "1500ms", retryPeriod: "100ms" },
      api: { listen: "127.0.0.1:0" },
    },
    {
      controllers: [intentController()],
      api: {
        resolveModel: MEANING.resolveModel,
        onApi: (port) => {
          url = `http://127.0.0.1:${port}`;
        },
      },
      wrap: (client, place) => recorded(client, used[place]),
    },
  );
  await addProvider(hubCluster, "alpha");
}, 120_000);

afterAll(async () => {
  await hub?.stop();
  await Promise.all([provider, hubCluster].map((each) => each?.close()));
});

async function install(cluster: TestCluster, objects: readonly Manifest[]): Promise<void> {
  const admin = kubeClientFrom(cluster.kubeconfig);
  const { refused } = await applyManifests(admin, objects);
  admin.close();
  if (refused.length > 0) throw new Error(refused.join("\n"));
}

const SUBJECTS = [{ kind: "ServiceAccount", ...ACCOUNT }];
const roleRef = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name });
const roleBinding = (namespace: string, name: string): Manifest => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name, namespace },
  roleRef: roleRef(name),
  subjects: SUBJECTS,
});

/** Notes which right each call takes. */
function recorded(client: KubeClient, rights: Set<string>): KubeClient {
  const note = (verb: string, { group, plural }: Resource, subresource?: string): void => {
    rights.add(
      `${verb} ${[group, plural, subresource].filter((part) => part !== undefined && part !== "").join("/")}`,
    );
  };
  return {
    ...client,
    get: (resource, target, options) => {
      note("get", resource);
      return client.get(resource, target, options);
    },
    list: (resource, query, options) => {
      note("list", resource);
      return client.list(resource, query, options);
    },
    watch: (resource, query, options) => {
      note("watch", resource);
      return client.watch(resource, query, options);
    },
    // What is not there yet is created by it, for which the API server asks for that right too.
    apply: (resource, object, options) => {
      note("patch", resource, options.subresource);
      if (options.subresource === undefined) note("create", resource);
      return client.apply(resource, object, options);
    },
    patch: (resource, target, patch, options) => {
      note("patch", resource, target.subresource);
      return client.patch(resource, target, patch, options);
    },
    create: (resource, object, options) => {
      note("create", resource);
      return client.create(resource, object, options);
    },
    update: (resource, object, options) => {
      note("update", resource, options?.subresource);
      return client.update(resource, object, options);
    },
    delete: (resource, target, options) => {
      note("delete", resource);
      return client.delete(resource, target, options);
    },
    stream: (call) => {
      const [, plural = "", subresource] =
        /^\/api\/v1\/namespaces\/[^/]+\/([^/]+)\/[^/]+\/(\w+)/.exec(call.path) ?? [];
      note("get", { group: "", version: "v1", plural, namespaced: true }, subresource);
      return client.stream(call);
    },
    raw: (call) => {
      const [, group = "", plural = ""] =
        /^\/apis\/([^/]+)\/[^/]+\/namespaces\/[^/]+\/([^/]+)\/[^/]+$/.exec(call.path) ?? [];
      if (call.method === "DELETE") note("delete", { group, version: "", plural, namespaced: true });
      return client.raw(call);
    },
  };
}

/** The rights of roles, as `verb group/resource`. */
const rightsOf = (objects: readonly Manifest[]): string[] =>
  objects
    .filter(({ kind }) => kind.endsWith("Role"))
    .flatMap((role) =>
      (role.rules as readonly Rule[]).flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            verbs.map((verb) => `${verb} ${group === "" ? "" : `${group}/`}${resource}`),
          ),
        ),
      ),
    );

/** What leads to pods or changes their number, which a changed Intent may want no more. */
const PRUNED = ["Ingress", "Service", "HorizontalPodAutoscaler"].map((kind) => resourceOf({ kind }));
/** Objects of a kind; none where the server does not know it. */
const made = (resource: Resource, namespace = ""): Promise<KubeObject[]> =>
  listed<KubeObject>(provider.client, resource, namespace).catch((error: unknown) => {
    if (isKubeError(error, "not-found")) return [];
    throw error;
  });

const EVERYTHING = {
  ports: [{ port: 8080, expose: true, domain: "chat.example.com" }],
  secrets: [{ name: "hf-token", env: "HF_TOKEN" }],
  storage: { volumes: [{ name: "cache", path: "/cache", size: "1Gi", type: "Persistent" }] },
};

describe("under the rights that are shipped", () => {
  it("a provider is taken up, and its Flavors are published", async () => {
    await until(() => conditionsOf(hubCluster, "alpha")).toEqual([
      "Reachable=True Connected",
      "Authorized=True Authorized",
      "Synced=True Synced",
    ]);
    await until(async () => (await listed(hubCluster.client, FLAVORS, "fluidos")).length).toBe(1);
  });

  it("a Service with all that it can have is placed, runs, is changed and cleaned up", async () => {
    const data = { "hf-token": Buffer.from("secret").toString("base64") };
    const metadata = { name: "hf-token", namespace: "team-a" };
    await hubCluster.client.create(SECRETS, {
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      data,
    } as KubeObject);
    // autoscaling/v2 is younger than the oldest server that this runs on.
    const scaling = provider.kind === "sandbox" ? { scaling: { autoScale: true, maxReplicas: 2 } } : {};
    await intents.submit(intent("chat", { workload: { ...EVERYTHING, ...scaling } }));
    await until(() => intents.condition("chat", "Deployed")).toBe("True ObjectsApplied");
    const { placement } = await intents.status("chat");
    const copies = await listed<KubeObject & { data?: object }>(
      provider.client,
      SECRETS,
      placement?.namespace,
    );
    expect(copies.map((copy) => copy.data)).toContainEqual(data);
    if (provider.kind === "sandbox")
      expect(
        await Promise.all(
          PRUNED.map(async (resource) => (await made(resource, placement?.namespace)).length),
        ),
      ).toEqual([1, 1, 1]);
    await makeAvailable(provider, placement?.namespace ?? "");
    await until(() => intents.phase("chat")).toBe("Running");
    await intents.change("chat", { workload: { env: ["MODE=fast"] } });
    await until(() => hub.log.join("")).toContain('"action":"Replanned"');
    await until(() => intents.condition("chat", "Deployed")).toBe("True ObjectsApplied");
    await intents.change("chat", { workload: { ports: null, scaling: null } });
    const left = async (): Promise<unknown[]> =>
      (await Promise.all(PRUNED.map((resource) => made(resource, placement?.namespace)))).flat();
    await until(left).toEqual([]);
    expect((await intents.status("chat")).placement?.namespace).toBe(placement?.namespace);
    await intents.remove("chat");
    await until(() => intents.exists("chat")).toBe(false);
    expect(await madeIn(provider)).toEqual([]);
  });

  it("a Batch runs to its end", async () => {
    // Indexed Jobs are younger than the oldest server that this runs on.
    const tasks = { batch: { parallelTasks: 2 }, communicationPattern: "AllReduce" };
    await intents.submit(
      intent("train", { type: "Batch", workload: provider.kind === "sandbox" ? tasks : {} }),
    );
    await until(() => intents.condition("train", "Deployed")).toBe("True ObjectsApplied");
    await endJob(provider, (await intents.status("train")).placement?.namespace ?? "", "Complete");
    await until(() => intents.phase("train")).toBe("Completed");
    await intents.remove("train");
    await until(() => intents.exists("train")).toBe(false);
    expect(await madeIn(provider)).toEqual([]);
  });

  it("people work by the REST API, with tokens of their own", async () => {
    const metadata = { name: "acme-dev", labels: { "flare.clastix.io/tenant": "acme" } };
    await hubCluster.client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
    const token = await addPerson(hubCluster, "alice", "acme-dev", { rules: MEMBER });
    await until(async () => (await ask(url, "GET", "/resources", { token })).status).toBe(200);
    const { body: made } = await ask(url, "POST", "/auth/tokens", { token, body: { name: "ci" } });
    const asked = await ask(url, "POST", "/intents", { token: made.token, body: request() });
    expect(asked.status).toBe(200);
    const path = `/intents/${asked.body.intent_id}`;
    await until(async () => (await ask(url, "GET", path, { token })).body.phase).toBe("Provisioning");
    const placed = await ask(url, "GET", path, { token });
    const { placement } = await intents.status(placed.body.name, "acme-dev");
    await addPodOf(provider, placement?.namespace ?? "", { phase: "Pending" });
    // No kubelet is there to have started anything; that nobody was refused is looked at below.
    expect(await ask(url, "GET", `${path}/logs`, { token })).toMatchObject({
      status: 409,
      body: { message: "the container has not started yet" },
    });
    expect((await ask(url, "DELETE", path, { token: made.token })).status).toBe(202);
    await until(async () => (await ask(url, "GET", path, { token })).status).toBe(404);
    expect((await ask(url, "DELETE", `/auth/tokens/${made.token_id}`, { token })).status).toBe(200);
  });

  it("the Flavor of a node that is gone is withdrawn", async () => {
    await provider.client.delete(NODES, { name: "gpu-1" });
    await until(async () => (await listed(hubCluster.client, FLAVORS, "fluidos")).length).toBe(0);
  });

  it("a Provider that is deleted is held until nothing is there, and goes", async () => {
    await hubCluster.client.delete(PROVIDERS, { name: "alpha" });
    await until(async () => (await listed(hubCluster.client, PROVIDERS)).length).toBe(0);
  });

  it("nothing was refused", () => {
    expect(hub.log.filter((text) => /forbidden/i.test(text))).toEqual([]);
  });
});

/** What an ordinary day does not need. */
const SELDOM: Readonly<Record<string, string>> = {
  "delete apps/deployments": "a change that the API server does not make in place",
  "get batch/jobs": "a Job that is there already and cannot be changed",
  "get flare.clastix.io/intents": "a write that conflicts, an orphan in a provider",
  "patch events": "an Event that comes again",
  "delete secrets": "a token that ended a week ago",
  "list capsule.clastix.io/tenants": "a cluster with Capsule",
  "watch capsule.clastix.io/tenants": "a cluster with Capsule",
};

/** What the REST API needs, which this hub does not serve: its own tests live under these rights. */
const OF_THE_API: readonly string[] = [
  "create authentication.k8s.io/tokenreviews",
  "create authorization.k8s.io/subjectaccessreviews",
  "create flare.clastix.io/intents",
  "delete flare.clastix.io/intents",
  "get serviceaccounts",
  "create secrets",
  "patch secrets",
  "delete secrets",
  "list namespaces",
  "watch namespaces",
  "list capsule.clastix.io/tenants",
  "watch capsule.clastix.io/tenants",
];

describe("the rights that are shipped", () => {
  const idle = (granted: readonly string[], exercised: ReadonlySet<string>): string[] =>
    [...new Set(granted)].filter((right) => !exercised.has(right) && SELDOM[right] === undefined).sort();

  it.runIf(process.env.FLARE_TEST_API !== "real")("at a provider are all used", () => {
    const granted = rightsOf(AT_PROVIDERS);
    expect(idle(granted, used.provider)).toEqual([]);
  });

  it("at the hub's own cluster are all used", () => {
    const granted = rightsOf(MANIFESTS);
    expect(idle(granted, new Set([...used.hub, ...OF_THE_API]))).toEqual([]);
  });
});
