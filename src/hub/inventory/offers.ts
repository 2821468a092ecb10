import type { Offer } from "../../allocation/types.ts";
import { closedBecause, type Toleration, USUAL_TOLERATIONS } from "./closed.ts";
import { groupsOf, type OfferedGroup, shareOfGpu } from "./device-groups.ts";
import { given } from "./given.ts";
import type { NodeRecord } from "./node-record.ts";
import { offeredGpu } from "./offered-gpu.ts";
import type { PodRecord } from "./pod-record.ts";
import type { Regions } from "./regions.ts";
import { siteFacts } from "./site-facts.ts";
import { type Pricing, unitRates } from "./unit-rates.ts";

/** What the offers of a node depend on beside the node and its pods. */
export interface OfferOptions {
  readonly provider: string;
  /** What the Provider object says. */
  readonly stated: Pricing & { readonly tolerations?: readonly Toleration[] | undefined };
  /** Taints that workloads tolerate everywhere. */
  readonly tolerations?: readonly Toleration[] | undefined;
  readonly regions: Regions;
  /** Why nothing of the whole provider can be had now (paused, out of reach); undefined: it can. */
  readonly closed?: string | undefined;
  /** Intents (by uid) whose resources somebody else subtracts: their pods are not counted here. */
  readonly isReserved?: (intent: string) => boolean;
}

/** Something about a node that keeps it from being offered as its annotations say. */
export interface NodeProblem {
  readonly code: "invalid-annotation" | "not-allocatable" | "unknown-devices" | "closed";
  readonly message: string;
}

export interface NodeOffers {
  readonly offers: readonly Offer[];
  readonly problems: readonly NodeProblem[];
}

/**
 * The offers of a GPU node, one for each resource name. Free is what is allocatable less what the pods request, whoever
 * they belong to; nothing is free of a node where nothing can be placed. Never throws on what a node says of itself.
 */
export function offersOf(node: NodeRecord, pods: Iterable<PodRecord>, options: OfferOptions): NodeOffers {
  const { provider, stated, regions } = options;
  const groups = groupsOf(node);
  const used = usageOf(pods, options.isReserved);
  const tolerations = [...(options.tolerations ?? USUAL_TOLERATIONS), ...(stated.tolerations ?? [])];
  const closed = options.closed ?? closedBecause(node, tolerations);
  const site = siteFacts(node, stated, regions);
  const rateOf = unitRates(node, groups, stated);
  // A device plugin that restarts offers nothing for a while: its group stays known, with no unit.
  const offered = groups.filter(({ resource }) => node.devices.has(resource));
  const { values } = node.description;
  const operator = values["provider.fluidos.eu/name"];
  const shared = {
    provider,
    ...(operator === undefined || operator === provider ? {} : { operator }),
    node: node.name,
    nodeGpus: gpusOf(groups),
    nodeIdle: groups.every(({ resource }) => !used.devices.has(resource)),
    cpu: Math.max(0, round(node.cpu - used.cpu)),
    memoryGi: Math.max(0, round(node.memoryGi - used.memoryGi)),
    interruptible:
      values["gpu.fluidos.eu/interruptible"] === true || values["provider.fluidos.eu/preemptible"] === true,
    ...site,
  };
  const offers = offered.map((group): Offer => {
    const total = unitsOf(group, node.devices.get(group.resource) ?? 0);
    const rate = rateOf(group);
    return {
      id: `${provider}/${node.name}/${group.resource}`,
      resource: group.resource,
      gpu: offeredGpu(values, group),
      total,
      free: closed === undefined ? Math.max(0, total - (used.devices.get(group.resource) ?? 0)) : 0,
      ...shared,
      energy: { ...site.energy, ...given({ watts: wattsOf(values["energy.fluidos.eu/tdp-watts"], group) }) },
      ...(rate === undefined ? {} : { unitRate: rate.amount, currency: rate.currency }),
    };
  });
  return { offers, problems: problemsOf(node, groups, closed) };
}

/**
 * What is allocatable, but no more than is described: beyond that may be parts of the same devices, cut by somebody who did not
 * tell (HAMi counts ten for each GPU), or devices of another kind.
 */
const unitsOf = ({ count, replicas }: OfferedGroup, allocatable: number): number =>
  Math.min(Math.floor(allocatable), count * replicas);

/** Devices of the node; where GPUs are cut into slices, their slices. */
const gpusOf = (groups: readonly OfferedGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0);

interface Usage {
  readonly cpu: number;
  readonly memoryGi: number;
  readonly devices: ReadonlyMap<string, number>;
}

function usageOf(pods: Iterable<PodRecord>, isReserved: OfferOptions["isReserved"]): Usage {
  const devices = new Map<string, number>();
  let cpu = 0;
  let memoryGi = 0;
  for (const pod of pods) {
    if (pod.intent !== undefined && isReserved?.(pod.intent) === true) continue;
    cpu += pod.cpu;
    memoryGi += pod.memoryGi;
    for (const [resource, units] of pod.devices) devices.set(resource, (devices.get(resource) ?? 0) + units);
  }
  return { cpu, memoryGi, devices };
}

/** Power of one unit: what the node tells is that of a whole GPU of its core group. */
function wattsOf(tdp: number | undefined, group: OfferedGroup): number | undefined {
  if (tdp === undefined || !group.isCore) return undefined;
  return round((tdp * shareOfGpu(group)) / group.replicas);
}

/** Sums of thousandths of cores do not come out even. */
const round = (number: number): number => Math.round(number * 1e6) / 1e6;

function problemsOf(
  node: NodeRecord,
  groups: readonly OfferedGroup[],
  closed: string | undefined,
): readonly NodeProblem[] {
  const problems: NodeProblem[] = node.description.invalid.map(({ message }) => ({
    code: "invalid-annotation",
    message: `node ${node.name}: ${message}`,
  }));
  if (groups.length === 0) {
    const message = `node ${node.name}: its annotations do not say which resource its GPUs are; does the agent run there?`;
    problems.push({ code: "unknown-devices", message });
  }
  for (const { resource } of groups.filter((group) => !node.devices.has(group.resource))) {
    const message = `node ${node.name}: ${resource} is described but not allocatable; does its device plugin run?`;
    problems.push({ code: "not-allocatable", message });
  }
  if (closed !== undefined) problems.push({ code: "closed", message: `node ${node.name}: ${closed}` });
  return problems;
}
