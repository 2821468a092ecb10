import type { NodeRecord, Taint } from "./node-record.ts";

/** A toleration as in a pod's spec. */
export interface Toleration {
  readonly key?: string | undefined;
  readonly operator?: "Exists" | "Equal" | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

/** Taints that GPU nodes usually carry, to keep everything else away; workloads of ours tolerate them. */
export const USUAL_TOLERATIONS: readonly Toleration[] = [
  { key: "nvidia.com/gpu", operator: "Exists" },
  { key: "amd.com/gpu", operator: "Exists" },
  { key: "gpu.intel.com/i915", operator: "Exists" },
  { key: "gpu.intel.com/xe", operator: "Exists" },
  { key: "cloud.google.com/gke-spot", operator: "Exists" },
  { key: "kubernetes.azure.com/scalesetpriority", operator: "Exists" },
  { key: "sku", operator: "Equal", value: "gpu" },
];

/** Why nothing new can be placed on a node now, in words; undefined where it can. */
export function closedBecause(node: NodeRecord, tolerations: readonly Toleration[]): string | undefined {
  if (node.leaving) return "the node is being deleted";
  if (!node.ready) return "the node is not ready";
  if (node.cordoned) return "the node is cordoned";
  const taint = node.taints.find((each) => bars(each) && !tolerations.some((one) => tolerates(one, each)));
  return taint === undefined ? undefined : `its taint ${describeTaint(taint)} is not tolerated`;
}

/** Of a cordoned node; told above. */
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

const bars = ({ key, effect }: Taint): boolean =>
  (effect === "NoSchedule" || effect === "NoExecute") && key !== UNSCHEDULABLE;

/** Whether a toleration covers a taint, by the scheduler's rules. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key, operator = "Equal", value = "", effect } = toleration;
  if (effect !== undefined && effect !== "" && effect !== taint.effect) return false;
  if (key === undefined || key === "") return operator === "Exists";
  return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
}

function describeTaint({ key, value, effect }: Taint): string {
  return value === undefined || value === "" ? `${key}:${effect}` : `${key}=${value}:${effect}`;
}
