import type { FieldProblem } from "./errors.ts";
import {
  asArray,
  asObject,
  asString,
  asText,
  deepEqual,
  isObject,
  type JsonObject,
  valueAt,
} from "./json.ts";
import type { KubeObject } from "./object.ts";
import { selectsLabels } from "./selectors.ts";
import { invalidValue, nameProblem, required } from "./validation.ts";

type Check = (object: KubeObject, before: KubeObject | undefined) => readonly FieldProblem[];

function containerProblems(container: unknown, field: string): readonly FieldProblem[] {
  const { name, image, resources } = asObject(container);
  const naming = typeof name === "string" && name !== "" ? nameProblem(name, "label") : undefined;
  return [
    ...(typeof name === "string" && name !== "" ? [] : [required(`${field}.name`)]),
    ...(naming === undefined ? [] : [invalidValue(`${field}.name`, name, naming)]),
    ...(typeof image === "string" && image !== "" ? [] : [required(`${field}.image`)]),
    ...extendedResourceProblems(asObject(resources), `${field}.resources`),
  ];
}

/** Extended resources such as GPUs cannot be overcommitted: a request must equal its limit. */
function extendedResourceProblems(resources: JsonObject, field: string): readonly FieldProblem[] {
  const limits = asObject(resources.limits);
  return Object.entries(asObject(resources.requests))
    .filter(([name]) => name.includes("/"))
    .flatMap(([name, request]) => {
      if (limits[name] === undefined)
        return [required(`${field}.limits[${name}]`, "Limit must be set for non overcommitable resources")];
      return asText(limits[name]) === asText(request)
        ? []
        : [invalidValue(`${field}.requests`, request, `must be equal to ${name} limit`)];
    });
}

function podSpecProblems(spec: unknown, field: string): readonly FieldProblem[] {
  const { containers, initContainers } = asObject(spec);
  const list = asArray(containers);
  if (list.length === 0) return [required(`${field}.containers`)];
  const names = [...list, ...asArray(initContainers)].map((container) => asObject(container).name);
  return [
    ...list.flatMap((container, index) => containerProblems(container, `${field}.containers[${index}]`)),
    ...asArray(initContainers).flatMap((container, index) =>
      containerProblems(container, `${field}.initContainers[${index}]`),
    ),
    ...names.flatMap((name, index): FieldProblem[] =>
      names.indexOf(name) === index || name === undefined
        ? []
        : [
            {
              reason: "FieldValueDuplicate",
              field: `${field}.containers[${index}].name`,
              message: `Duplicate value: ${JSON.stringify(name)}`,
            },
          ],
    ),
  ];
}

const templateProblems = (object: KubeObject): readonly FieldProblem[] =>
  podSpecProblems(valueAt(object, ["spec", "template", "spec"]), "spec.template.spec");

const selectedWorkload: Check = (object, before) => {
  const selector = valueAt(object, ["spec", "selector"]);
  const labels = asObject(valueAt(object, ["spec", "template", "metadata", "labels"])) as Record<
    string,
    string
  >;
  if (!isObject(selector)) return [required("spec.selector"), ...templateProblems(object)];
  return [
    ...(selectsLabels(selector, labels)
      ? []
      : [
          invalidValue(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
          ),
        ]),
    ...immutable(before, object, ["spec", "selector"]),
    ...templateProblems(object),
  ];
};

function immutable(
  before: KubeObject | undefined,
  after: KubeObject,
  path: readonly string[],
): readonly FieldProblem[] {
  if (before === undefined || deepEqual(valueAt(before, path), valueAt(after, path))) return [];
  return [invalidValue(path.join("."), valueAt(after, path) ?? null, "field is immutable")];
}

/** The parts of a pod's spec that may change after it was made. */
const mutablePodSpec = new Set([
  "activeDeadlineSeconds",
  "tolerations",
  "schedulingGates",
  "terminationGracePeriodSeconds",
]);

const pod: Check = (object, before) => {
  const problems = podSpecProblems(object.spec, "spec");
  if (before === undefined) return problems;
  const frozen = (value: unknown): unknown =>
    Object.fromEntries(
      Object.entries(asObject(value))
        .filter(([key]) => !mutablePodSpec.has(key))
        .map(([key, member]) => [
          key,
          key.endsWith("ontainers")
            ? asArray(member).map((item) => ({ ...asObject(item), image: "" }))
            : member,
        ]),
    );
  return deepEqual(frozen(before.spec), frozen(object.spec))
    ? problems
    : [
        ...problems,
        {
          reason: "FieldValueForbidden",
          field: "spec",
          message:
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations)",
        },
      ];
};

const binding: Check = (object, before) => {
  const { name, kind } = asObject(object.roleRef);
  return [
    ...(asString(name) ? [] : [required("roleRef.name")]),
    ...(kind === "Role" || kind === "ClusterRole"
      ? []
      : [
          {
            reason: "FieldValueNotSupported" as const,
            field: "roleRef.kind",
            message: `Unsupported value: ${JSON.stringify(kind ?? "")}: supported values: "ClusterRole", "Role"`,
          },
        ]),
    ...(before === undefined || deepEqual(before.roleRef, object.roleRef)
      ? []
      : [invalidValue("roleRef", object.roleRef, "cannot change roleRef")]),
  ];
};

const checks: Readonly<Record<string, Check>> = {
  "/Pod": pod,
  "/Event": (event) => {
    const about = asString(asObject(event.involvedObject).namespace) ?? "";
    // Events about cluster-wide objects live in "default".
    const expected = about === "" ? "default" : about;
    return expected === event.metadata.namespace
      ? []
      : [invalidValue("involvedObject.namespace", about, "does not match event.namespace")];
  },
  "/Secret": (object, before) => immutable(before, object, ["type"]),
  "apps/Deployment": selectedWorkload,
  "apps/DaemonSet": selectedWorkload,
  "apps/ReplicaSet": selectedWorkload,
  "apps/StatefulSet": selectedWorkload,
  "batch/Job": (job, before) => [
    ...templateProblems(job),
    ...immutable(before, job, ["spec", "template"]),
    ...immutable(before, job, ["spec", "completions"]),
  ],
  "rbac.authorization.k8s.io/RoleBinding": binding,
  "rbac.authorization.k8s.io/ClusterRoleBinding": binding,
  "scheduling.k8s.io/PriorityClass": (object, before) => immutable(before, object, ["value"]),
};

/** What is wrong with an object of a built-in kind beyond its metadata: the rules that clients run into. */
export const builtInProblems = (
  group: string,
  object: KubeObject,
  before: KubeObject | undefined,
): readonly FieldProblem[] => checks[`${group}/${object.kind}`]?.(object, before) ?? [];
