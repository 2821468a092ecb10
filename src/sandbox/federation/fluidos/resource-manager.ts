import type { Draft } from "../cluster.ts";
import { type Controller, other, own } from "../controller.ts";
import type { Characteristics, Flavor, FlavorSpec, Gpu } from "../fluidos-types.ts";
import { FLAVORS, NODES } from "../kinds.ts";
import type { Node } from "../liqo-types.ts";
import { FLUIDOS, type ProviderSite, type World } from "../world.ts";
import { canonical, compareAmounts, minus } from "./amounts.ts";
import { flavorName } from "./names.ts";
import { gpuFromAnnotations } from "./node-gpu.ts";

const LABEL = "node-role.fluidos.eu/resources";

/** What NodeMetrics say of a node that does little; subtracted, it makes quantities as crooked as real ones. */
const usage: Readonly<Record<string, string>> = { cpu: "63490818n", memory: "1561604Ki" };

/** The local resource manager of a provider: one Flavor for each labelled node. */
export function resourceManagerController(world: World, provider: ProviderSite): Controller {
  const cluster = provider.cluster.as("local-resource-manager");
  return {
    name: `resources of ${provider.name}`,
    wakes: [
      own(cluster, NODES),
      other(cluster, FLAVORS, ({ metadata }) =>
        (metadata.ownerReferences ?? []).filter(({ kind }) => kind === "Node").map(({ name }) => name),
      ),
    ],
    reconcile: (name) => {
      const node = cluster.get(NODES, name);
      // A node that lost its label, or its GPUs, keeps its Flavor.
      if (node === undefined || node.metadata.labels?.[LABEL] !== "true") return undefined;
      const known = cluster.list(FLAVORS, FLUIDOS).filter((flavor) => isOwnedBy(flavor, node));
      const flavor = known.at(-1);
      const gpu = gpuOf(provider, node);
      if (flavor === undefined) cluster.create(FLAVORS, flavorFor(world, provider, node, gpu));
      else if (!provider.has("flavorNeverUpdated"))
        cluster.update(FLAVORS, refreshed(flavor, provider, node, gpu));
      return undefined;
    },
  };
}

const isOwnedBy = ({ metadata }: Flavor, node: Node): boolean =>
  metadata.ownerReferences?.some(({ kind, name }) => kind === "Node" && name === node.metadata.name) ?? false;

/** Upstream writes a GPU, too: it says nothing. */
function gpuOf(provider: ProviderSite, { metadata }: Node): Gpu {
  if (provider.has("annotationsUnread")) return { model: "", cores: "0", memory: "0" };
  return gpuFromAnnotations(metadata.annotations ?? {}, {
    strict: provider.has("annotationPanics"),
    swapped: provider.has("regionAndZoneSwapped"),
  });
}

function flavorFor(world: World, provider: ProviderSite, node: Node, gpu: Gpu): Draft<Flavor> {
  const { name, uid = "" } = node.metadata;
  const wrong = provider.has("flavorOwnerWrong");
  const apiVersion = wrong ? "nodecore.fluidos.eu/v1alpha1" : "v1";
  return {
    metadata: {
      name: flavorName(provider.identity.domain, world.random),
      namespace: FLUIDOS,
      ownerReferences: [{ apiVersion, kind: "Node", name, uid }],
    },
    spec: {
      availability: true,
      ...identityOf(provider),
      flavorType: {
        typeIdentifier: "K8Slice",
        typeData: { characteristics: characteristicsOf(node, gpu), policies, properties: {} },
      },
      location,
      networkPropertyType: "networkProperty",
      price: { amount: "", currency: "", period: "" },
    },
  };
}

/** What of a Flavor follows its node; the rest stays as it was made. */
function refreshed(flavor: Flavor, provider: ProviderSite, node: Node, gpu: Gpu): Flavor {
  const { flavorType } = flavor.spec;
  const { architecture } = characteristicsOf(node, gpu);
  const characteristics = { ...flavorType.typeData.characteristics, architecture, gpu };
  const typeData = { ...flavorType.typeData, characteristics, policies };
  return {
    ...flavor,
    spec: { ...flavor.spec, ...identityOf(provider), flavorType: { ...flavorType, typeData } },
  };
}

const identityOf = ({ identity }: ProviderSite): Pick<FlavorSpec, "providerID" | "owner"> => ({
  providerID: identity.nodeID,
  owner: identity,
});

function characteristicsOf({ status, metadata }: Node, gpu: Gpu): Characteristics {
  const free = (resource: string): string => {
    const all = status?.allocatable?.[resource] ?? "0";
    const used = usage[resource] ?? "0";
    return compareAmounts(all, used) > 0 ? minus(all, used) : canonical(all);
  };
  return {
    architecture: status?.nodeInfo?.architecture ?? metadata.labels?.["kubernetes.io/arch"] ?? "amd64",
    cpu: free("cpu"),
    memory: free("memory"),
    pods: free("pods"),
    storage: "0",
    gpu,
  };
}

/** The same for all nodes of all providers. */
const location = {
  latitude: "10",
  longitude: "58",
  country: "Italy",
  city: "Turin",
  additionalNotes: "None",
};

/** What the chart sets; nobody reads it. */
const policies = {
  partitionability: {
    cpuMin: "0",
    cpuStep: "1",
    gpuMin: "0",
    gpuStep: "0",
    memoryMin: "0",
    memoryStep: "100Mi",
    podsMin: "0",
    podsStep: "0",
  },
};
