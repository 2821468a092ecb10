import type { StringMap } from "../mapping/facts.ts";
import type { DeviceGroup, MappingResult } from "../mapping/result.ts";
import { gauge, type Metrics } from "../observability/metrics.ts";

/** Groups and names beyond this are not told one by one. */
const MAX_SERIES = 64;
const GIB = 1024 ** 3;

/** The labels that name a device group in every series about it. */
const GROUP = ["node", "group"] as const;
const INFO = [
  ...GROUP,
  "resource",
  "vendor",
  "model",
  "variant",
  "profile",
  "tier",
  "architecture",
  "interconnect",
  "sharing",
] as const;

/** Registers the inventory's metrics and returns what sets them from a pass. */
export function createInventoryMetrics(
  metrics: Metrics,
): (node: string, result: MappingResult, allocatable: StringMap) => void {
  const series = registerGroups(metrics);
  const named = registerProblems(metrics);
  const rate = gauge(metrics, {
    name: "flare_gpu_hourly_rate",
    help: "Price of all GPUs of the node for one hour, in the currency that the label names.",
    labels: ["node", "currency"],
  });
  return (node, result, allocatable) => {
    for (const each of [...Object.values(series), ...Object.values(named), rate]) each.reset();
    for (const [group, labels] of groupsOf(node, result)) {
      series.info.set({ ...labels, ...describe(group) }, 1);
      series.devices.set(labels, group.count);
      if (group.memoryGi !== undefined) series.memory.set(labels, group.memoryGi * GIB);
      const free = Number(allocatable[group.resource]);
      if (Number.isFinite(free)) series.allocatable.set(labels, free);
    }
    setProblems(node, result, named);
    const price = Number(result.annotations["cost.fluidos.eu/hourly-rate"]);
    const currency = result.annotations["cost.fluidos.eu/currency"];
    if (currency !== undefined && Number.isFinite(price)) rate.set({ node, currency }, price);
  };
}

function registerGroups(metrics: Metrics) {
  return {
    info: gauge(metrics, {
      name: "flare_gpu_info",
      help: "What the GPUs of one device group are; always 1. Join it with the other flare_gpu_* series on node and group.",
      labels: INFO,
    }),
    devices: gauge(metrics, {
      name: "flare_gpu_devices",
      help: "GPUs of a device group, or slices where the GPUs are cut into slices.",
      labels: GROUP,
    }),
    memory: gauge(metrics, {
      name: "flare_gpu_memory_bytes",
      help: "Memory of one device of the group (nominal size), in bytes.",
      labels: GROUP,
    }),
    allocatable: gauge(metrics, {
      name: "flare_gpu_allocatable",
      help: "Units of the group's Kubernetes resource that pods can request on this node; with sharing, more than devices.",
      labels: GROUP,
    }),
  };
}

function registerProblems(metrics: Metrics) {
  return {
    unmapped: gauge(metrics, {
      name: "flare_agent_unmapped_products",
      help: "GPU products that the mapping tables do not know, by the name the node gives them; always 1.",
      labels: ["node", "product"],
    }),
    missing: gauge(metrics, {
      name: "flare_agent_missing_required_keys",
      help: "Required annotation keys that could not be filled for this node; always 1.",
      labels: ["node", "key"],
    }),
    problems: gauge(metrics, {
      name: "flare_agent_problems",
      help: "Problems found while mapping the node, by code; docs/problems.md explains each code.",
      labels: ["node", "code"],
    }),
  };
}

function setProblems(node: string, result: MappingResult, named: ReturnType<typeof registerProblems>): void {
  for (const { code, subject } of result.problems.slice(0, MAX_SERIES)) {
    named.problems.inc({ node, code });
    if (code === "unknown-product") named.unmapped.set({ node, product: subject.slice(0, 128) }, 1);
    if (code === "missing-required") named.missing.set({ node, key: subject }, 1);
  }
}

/** Each group with its labels; groups of the same resource are numbered. */
function groupsOf(node: string, result: MappingResult): [DeviceGroup, { node: string; group: string }][] {
  return result.devices
    .slice(0, MAX_SERIES)
    .map((group, index) => [group, { node, group: `${group.resource}#${index}` }]);
}

function describe({ resource, vendor, model, variant, profile, sharing, card }: DeviceGroup) {
  return {
    resource,
    vendor,
    model: model ?? "",
    variant: variant ?? "",
    profile: profile ?? "",
    sharing,
    tier: card?.tier ?? "",
    architecture: card?.architecture ?? "",
    interconnect: card?.interconnect ?? "",
  };
}
