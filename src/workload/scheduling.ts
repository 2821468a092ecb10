import type {
  V1Affinity,
  V1NodeSelectorTerm,
  V1Toleration,
  V1TopologySpreadConstraint,
} from "@kubernetes/client-node";
import { millisecondsOf } from "../intent/values.ts";
import type { WorkloadContext } from "./context.ts";
import { KEYS } from "./identity.ts";
import { DEFAULTS } from "./options.ts";
import type { TaskGroup } from "./task-groups.ts";

const HOSTNAME = "kubernetes.io/hostname";

/** The chosen node by its name, several by their host names: fields can be matched against one value only. */
export function nodeAffinity({ nodes }: TaskGroup): V1Affinity {
  const [only] = nodes;
  const term: V1NodeSelectorTerm =
    nodes.length === 1 && only !== undefined
      ? { matchFields: [{ key: "metadata.name", operator: "In", values: [only.name] }] }
      : {
          matchExpressions: [
            { key: HOSTNAME, operator: "In", values: nodes.map(({ hostname }) => hostname) },
          ],
        };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
}

/** As many tasks on each node as were reserved there; undefined where there is but one node. */
export function nodeSpread(
  { nodes }: TaskGroup,
  podLabels: Readonly<Record<string, string>>,
): V1TopologySpreadConstraint[] | undefined {
  if (nodes.length < 2) return undefined;
  const matchLabels = {
    [KEYS.intentUid]: podLabels[KEYS.intentUid] ?? "",
    [KEYS.group]: podLabels[KEYS.group] ?? "",
  };
  return [
    { maxSkew: 1, topologyKey: HOSTNAME, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels } },
  ];
}

/** Taints by which Kubernetes tells that a node is in trouble; who tolerates them is never moved away. */
const isCondition = (key: string): boolean =>
  key.startsWith("node.kubernetes.io/") || key.startsWith("node.cloudprovider.kubernetes.io/");

/** Tolerations for the standing taints of the nodes, and for a node's silence as long as the Intent bears it. */
export function tolerations(context: WorkloadContext, { taints }: TaskGroup): V1Toleration[] {
  const standing = taints
    .filter(({ key, effect }) => effect !== "PreferNoSchedule" && !isCondition(key))
    .map(
      ({ key, value, effect }): V1Toleration =>
        value === undefined || value === ""
          ? { key, operator: "Exists", effect }
          : { key, operator: "Equal", value, effect },
    )
    .map((toleration) => [JSON.stringify(toleration), toleration] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const tolerationSeconds = Math.ceil(interruptionMs(context) / 1000);
  const silent = ["not-ready", "unreachable"].map((condition) => ({
    key: `node.kubernetes.io/${condition}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds,
  }));
  return [...new Map(standing).values(), ...silent];
}

function interruptionMs({ intent }: WorkloadContext): number {
  const asked = intent.spec.sla?.maxInterruptionTime;
  const milliseconds = asked === undefined ? Number.NaN : millisecondsOf(asked);
  return Number.isFinite(milliseconds) ? milliseconds : DEFAULTS.maxInterruptionMs;
}
