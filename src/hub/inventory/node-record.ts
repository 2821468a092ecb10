import type { KubeObject } from "../../kubernetes/objects.ts";
import type { NodeDescription } from "./describer.ts";
import { quantity } from "./quantities.ts";

/** A taint of a node. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

type Quantities = Readonly<Record<string, string>>;

/** The part of a Node that the hub reads, as it comes over the wire. */
export interface KubeNode extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: {
    readonly allocatable?: Quantities;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo?: { readonly architecture?: string };
  };
}

/** All that is kept of a Node. */
export interface NodeRecord {
  readonly name: string;
  readonly uid: string;
  /** Its label kubernetes.io/hostname, by which pods are bound to one of several nodes. */
  readonly hostname: string;
  readonly architecture: string;
  readonly ready: boolean;
  readonly cordoned: boolean;
  readonly leaving: boolean;
  readonly taints: readonly Taint[];
  /** What pods may request in all. CPU in cores, memory in GiB, units of extended resources by name. */
  readonly cpu: number;
  readonly memoryGi: number;
  readonly pods: number;
  readonly devices: ReadonlyMap<string, number>;
  /** Region and zone by Kubernetes' own labels, for nodes whose annotations name none. */
  readonly region: string | undefined;
  readonly zone: string | undefined;
  readonly description: NodeDescription;
}

const GIB = 2 ** 30;
const NO_TAINTS: readonly Taint[] = [];

/** Reduces a Node to what the hub needs: about a hundredth of it. `describe` reads its annotations. */
export function nodeRecordOf(
  node: KubeNode,
  describe: (annotations: Readonly<Record<string, string>>) => NodeDescription,
): NodeRecord {
  const { name = "", uid = "", labels = {}, annotations = {}, deletionTimestamp } = node.metadata ?? {};
  const { allocatable = {}, conditions = [], nodeInfo } = node.status ?? {};
  return {
    name,
    uid,
    hostname: labels["kubernetes.io/hostname"] ?? name,
    architecture: nodeInfo?.architecture ?? labels["kubernetes.io/arch"] ?? "",
    ready: conditions.find(({ type }) => type === "Ready")?.status === "True",
    cordoned: node.spec?.unschedulable === true,
    leaving: deletionTimestamp !== undefined,
    taints: node.spec?.taints ?? NO_TAINTS,
    cpu: quantity(allocatable.cpu),
    memoryGi: quantity(allocatable.memory) / GIB,
    pods: quantity(allocatable.pods),
    devices: devicesOf(allocatable),
    region: labels["topology.kubernetes.io/region"],
    zone: labels["topology.kubernetes.io/zone"],
    description: describe(annotations),
  };
}

/** Extended resources: those with a domain that is not Kubernetes' own. */
export const isExtended = (resource: string): boolean =>
  resource.includes("/") && !resource.includes("kubernetes.io/");

function devicesOf(allocatable: Quantities): ReadonlyMap<string, number> {
  const devices = new Map<string, number>();
  for (const [resource, amount] of Object.entries(allocatable))
    if (isExtended(resource)) devices.set(resource, quantity(amount));
  return devices;
}
