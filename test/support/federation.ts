/** A federation of sandboxes for tests, used as a person uses kubectl: objects in, objects out. */
import { expect, vi } from "vitest";
import type { Defect, Dialect } from "../../src/sandbox/federation/defects.ts";
import {
  type Federation,
  type FederationOptions,
  startFederation,
} from "../../src/sandbox/federation/federation.ts";
import type {
  Allocation,
  ConfigMap,
  Contract,
  Discovery,
  Flavor,
  KnownCluster,
  PeeringCandidate,
  Reservation,
  Solver,
  Transaction,
} from "../../src/sandbox/federation/fluidos-types.ts";
import type {
  Deployment,
  ForeignCluster,
  Job,
  Namespace,
  NamespaceMap,
  NamespaceOffloading,
  Node,
  Pod,
  ResourceSlice,
  VirtualNode,
} from "../../src/sandbox/federation/liqo-types.ts";
import { quickTimings } from "../../src/sandbox/federation/timings.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { type KubeBody, type KubeClient, kubeClientFrom } from "./kube-client.ts";

const nodecore = "nodecore.fluidos.eu/v1alpha1";
const advertisement = "advertisement.fluidos.eu/v1alpha1";
const reservation = "reservation.fluidos.eu/v1alpha1";
const offloading = "offloading.liqo.io/v1beta1";

/** The kinds by their plural, with what their objects are. */
interface Kinds {
  readonly flavors: Flavor;
  readonly solvers: Solver;
  readonly allocations: Allocation;
  readonly discoveries: Discovery;
  readonly peeringcandidates: PeeringCandidate;
  readonly reservations: Reservation;
  readonly transactions: Transaction;
  readonly contracts: Contract;
  readonly knownclusters: KnownCluster;
  readonly resourceslices: ResourceSlice;
  readonly virtualnodes: VirtualNode;
  readonly namespaceoffloadings: NamespaceOffloading;
  readonly namespacemaps: NamespaceMap;
  readonly foreignclusters: ForeignCluster;
  readonly nodes: Node;
  readonly namespaces: Namespace;
  readonly pods: Pod;
  readonly deployments: Deployment;
  readonly jobs: Job;
  readonly configmaps: ConfigMap;
}

type Plural = keyof Kinds;

const kinds: Readonly<Record<Plural, readonly [apiVersion: string, kind: string]>> = {
  flavors: [nodecore, "Flavor"],
  solvers: [nodecore, "Solver"],
  allocations: [nodecore, "Allocation"],
  discoveries: [advertisement, "Discovery"],
  peeringcandidates: [advertisement, "PeeringCandidate"],
  reservations: [reservation, "Reservation"],
  transactions: [reservation, "Transaction"],
  contracts: [reservation, "Contract"],
  knownclusters: ["network.fluidos.eu/v1alpha1", "KnownCluster"],
  resourceslices: ["authentication.liqo.io/v1beta1", "ResourceSlice"],
  virtualnodes: [offloading, "VirtualNode"],
  namespaceoffloadings: [offloading, "NamespaceOffloading"],
  namespacemaps: [offloading, "NamespaceMap"],
  foreignclusters: ["core.liqo.io/v1beta1", "ForeignCluster"],
  nodes: ["v1", "Node"],
  namespaces: ["v1", "Namespace"],
  pods: ["v1", "Pod"],
  deployments: ["apps/v1", "Deployment"],
  jobs: ["batch/v1", "Job"],
  configmaps: ["v1", "ConfigMap"],
};
const clusterWide: readonly Plural[] = ["foreignclusters", "nodes", "namespaces"];

export interface TestSite {
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly admin: KubeClient;
  path(kind: Plural, name?: string, namespace?: string): string;
  /** The object, undefined where it is not. */
  find<K extends Plural>(kind: K, name: string, namespace?: string): Promise<Kinds[K] | undefined>;
  /** The object. Throws where it is not. */
  get<K extends Plural>(kind: K, name: string, namespace?: string): Promise<Kinds[K]>;
  names(kind: Plural, namespace?: string): Promise<readonly string[]>;
  create(kind: Plural, name: string, spec: object, namespace?: string): Promise<void>;
  delete(kind: Plural, name: string, namespace?: string): Promise<void>;
}

export interface TestFederation extends Federation {
  readonly consumer: TestSite;
  readonly providers: readonly TestSite[];
  site(name: string): TestSite;
  close(): Promise<void>;
}

export interface TestFederationOptions extends Omit<FederationOptions, "consumer" | "providers"> {
  /** The providers by name, with the FLUIDOS that they run. Default: one, `alpha`. */
  readonly providers?: Readonly<Record<string, Dialect>>;
  readonly consumerDialect?: Dialect;
  readonly consumerDefects?: Partial<Record<Defect, boolean>>;
}

const FLUIDOS = "fluidos";

async function startSite(name: string): Promise<TestSite> {
  const sandbox = await startSandbox({ name });
  const admin = kubeClientFrom(sandbox.adminKubeconfig);
  const path = (kind: Plural, of = "", namespace = FLUIDOS): string => {
    const place = clusterWide.includes(kind) ? "" : `/namespaces/${namespace}`;
    const [version] = kinds[kind];
    const root = version.includes("/") ? "apis" : "api";
    return `/${root}/${version}${place}/${kind}${of === "" ? "" : `/${of}`}`;
  };
  const find = async <K extends Plural>(kind: K, of: string, namespace?: string) => {
    const { status, body } = await admin.get(path(kind, of, namespace));
    return status === 404 ? undefined : (body as unknown as Kinds[K]);
  };
  return {
    name,
    sandbox,
    admin,
    path,
    find,
    get: async (kind, of, namespace) => {
      const found = await find(kind, of, namespace);
      if (found === undefined) throw new Error(`${name} has no ${kind} ${of}`);
      return found;
    },
    names: async (kind, namespace) => {
      const { body } = await admin.get(path(kind, "", namespace));
      return (body.items ?? []).map((item: KubeBody) => item.metadata?.name ?? "");
    },
    create: async (kind, of, spec, namespace) => {
      const [apiVersion, kindName] = kinds[kind];
      const object = { apiVersion, kind: kindName, metadata: { name: of }, spec };
      await admin.create(path(kind, "", namespace), object);
    },
    delete: async (kind, of, namespace) => {
      await admin.delete(path(kind, of, namespace));
    },
  };
}

/** Starts it, as fast as it goes and with the defects that the real thing has. Call `close()`. */
export async function startTestFederation(options: TestFederationOptions = {}): Promise<TestFederation> {
  const { providers: dialects = { alpha: "clastix" }, consumerDialect, consumerDefects, ...rest } = options;
  const consumer = await startSite("consumer");
  const providers: TestSite[] = [];
  for (const name of Object.keys(dialects)) providers.push(await startSite(name));
  const federation = startFederation({
    timings: quickTimings,
    ...rest,
    consumer: {
      name: "consumer",
      sandbox: consumer.sandbox,
      ...(consumerDialect === undefined ? {} : { dialect: consumerDialect }),
      ...(consumerDefects === undefined ? {} : { defects: consumerDefects }),
    },
    providers: providers.map(({ name, sandbox }) => ({
      name,
      sandbox,
      dialect: dialects[name] ?? "clastix",
    })),
  });
  const site = (name: string): TestSite => {
    const found = providers.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no provider ${name}`);
    return found;
  };
  return {
    ...federation,
    consumer,
    providers,
    site,
    close: async () => {
      await federation.stop();
      for (const { admin, sandbox } of [consumer, ...providers]) {
        admin.close();
        await sandbox.close();
      }
    },
  };
}

/** The annotations of a node with four H100, as the quick start of FLARE has them. */
export const h100Annotations: Readonly<Record<string, string>> = {
  "provider.fluidos.eu/name": "cloud-provider-1",
  "provider.fluidos.eu/preemptible": "false",
  "gpu.fluidos.eu/vendor": "nvidia",
  "gpu.fluidos.eu/model": "nvidia-h100",
  "gpu.fluidos.eu/count": "4",
  "gpu.fluidos.eu/memory-per-gpu": "80Gi",
  "gpu.fluidos.eu/tier": "premium",
  "gpu.fluidos.eu/architecture": "hopper",
  "gpu.fluidos.eu/compute-capability": "9.0",
  "gpu.fluidos.eu/cores": "16896",
  "gpu.fluidos.eu/clock-speed": "1.98G",
  "gpu.fluidos.eu/fp32-tflops": "83",
  "gpu.fluidos.eu/interconnect": "nvlink",
  "gpu.fluidos.eu/interconnect-bandwidth-gbps": "900",
  "gpu.fluidos.eu/topology": "nvswitch",
  "gpu.fluidos.eu/multi-gpu-efficiency": "0.95",
  "gpu.fluidos.eu/sharing-capable": "true",
  "gpu.fluidos.eu/sharing-strategy": "mig",
  "gpu.fluidos.eu/dedicated": "true",
  "gpu.fluidos.eu/interruptible": "false",
  "network.fluidos.eu/bandwidth-gbps": "100",
  "network.fluidos.eu/latency-ms": "1",
  "network.fluidos.eu/tier": "premium",
  "location.fluidos.eu/region": "eu-west-1",
  "location.fluidos.eu/zone": "zone-a",
  "cost.fluidos.eu/hourly-rate": "4.5",
  "workload.fluidos.eu/training-score": "0.98",
  "workload.fluidos.eu/inference-score": "0.95",
  "workload.fluidos.eu/hpc-score": "0.99",
  "workload.fluidos.eu/graphics-score": "0.3",
};

/** Adds a node that FLUIDOS is to make a Flavor of. */
export async function addNode(
  site: TestSite,
  name: string,
  annotations: Readonly<Record<string, string>> = h100Annotations,
  cpu = "8",
): Promise<void> {
  const count = annotations["gpu.fluidos.eu/count"] ?? "0";
  const allocatable = { cpu, memory: "32768000Ki", pods: "110", "nvidia.com/gpu": count };
  await site.admin.create(site.path("nodes"), {
    metadata: { name, annotations, labels: { "node-role.fluidos.eu/resources": "true" } },
    status: {
      allocatable,
      capacity: allocatable,
      conditions: [{ type: "Ready", status: "True" }],
      nodeInfo: { architecture: "amd64" },
    },
  });
}

/** The same, and waits for the Flavor. Returns its name. */
export async function addGpuNode(site: TestSite, ...node: Rest<typeof addNode>): Promise<string> {
  const before = await site.names("flavors");
  await addNode(site, ...node);
  const isNew = (flavor: string): boolean => !before.includes(flavor);
  // Also before a test begins, where nothing can be expected.
  const find = async (): Promise<string> => {
    const made = (await site.names("flavors")).find(isNew);
    if (made === undefined) throw new Error(`${site.name} has no new Flavor`);
    return made;
  };
  return vi.waitFor(find, { timeout: 20_000, interval: 10 });
}

type Rest<F> = F extends (first: TestSite, ...rest: infer R) => unknown ? R : never;

/** Waits for what a simulated controller comes to. The bound is for what never comes. */
export const until = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 20_000, interval: 10 });

export const candidateOf = (flavor: string): string => `peeringcandidate-${flavor}`;
