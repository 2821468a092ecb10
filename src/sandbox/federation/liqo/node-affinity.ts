import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
  Toleration,
} from "../liqo-types.ts";

/** A Node as far as selectors see it. */
export type Selectable = Pick<Node, "metadata">;

/** Whether one of the terms fits; a term that asks for nothing fits nothing. */
export const selectorFits = ({ nodeSelectorTerms }: NodeSelector, node: Selectable): boolean =>
  nodeSelectorTerms.some((term) => termFits(term, node));

function termFits({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Selectable): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((each) => requirementFits(each, labels[each.key])) &&
    matchFields.every((each) => each.key === "metadata.name" && requirementFits(each, node.metadata.name))
  );
}

function requirementFits(
  { operator, values = [] }: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Whether the pod may run there, by its node selector, its required affinity, the taints. Resources apart. */
export function mayRunOn({ nodeSelector = {}, affinity, tolerations = [] }: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect !== "PreferNoSchedule");
  return (
    node.spec?.unschedulable !== true &&
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value) &&
    (required === undefined || selectorFits(required, node)) &&
    taints.every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)))
  );
}

const tolerates = (
  { key, operator = "Equal", value = "", effect = "" }: Toleration,
  taint: { readonly key: string; readonly value?: string; readonly effect: string },
): boolean =>
  (effect === "" || effect === taint.effect) &&
  (operator === "Exists"
    ? key === undefined || key === "" || key === taint.key
    : key === taint.key && value === (taint.value ?? ""));

/** Both selectors at once: every term of the one with every term of the other. */
export function bothSelectors(
  a: NodeSelector | undefined,
  b: NodeSelector | undefined,
): NodeSelector | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    nodeSelectorTerms: a.nodeSelectorTerms.flatMap((one) =>
      b.nodeSelectorTerms.map((other) => ({
        matchExpressions: [...(one.matchExpressions ?? []), ...(other.matchExpressions ?? [])],
        matchFields: [...(one.matchFields ?? []), ...(other.matchFields ?? [])],
      })),
    ),
  };
}
