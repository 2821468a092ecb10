/**
 * How the lists and maps of a type merge. What is not described follows from its value: objects merge member by
 * member, lists and scalars are replaced whole.
 */
export type Shape =
  | { readonly kind: "deduced" }
  | { readonly kind: "atomic" }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Shape>>; readonly rest?: Shape }
  | {
      readonly kind: "map-list";
      readonly keys: readonly string[];
      readonly defaults: Readonly<Record<string, unknown>>;
      readonly item: Shape;
    }
  | { readonly kind: "set-list" };

export const deduced: Shape = { kind: "deduced" };
export const atomic: Shape = { kind: "atomic" };
const setList: Shape = { kind: "set-list" };

const object = (fields: Record<string, Shape>): Shape => ({ kind: "object", fields });

const mapList = (
  keys: readonly string[],
  item: Shape = deduced,
  defaults: Record<string, unknown> = {},
): Shape => ({
  kind: "map-list",
  keys,
  defaults,
  item,
});

/** The shape of one member of an object. */
export function memberShape(shape: Shape, key: string): Shape {
  if (shape.kind !== "object") return deduced;
  return (Object.hasOwn(shape.fields, key) ? shape.fields[key] : shape.rest) ?? deduced;
}

const conditions = mapList(["type"]);

export const metadataShape: Shape = object({
  ownerReferences: mapList(["uid"]),
  finalizers: setList,
  managedFields: atomic,
});

const container: Shape = object({
  env: mapList(
    ["name"],
    object({
      valueFrom: object({
        fieldRef: atomic,
        secretKeyRef: atomic,
        configMapKeyRef: atomic,
        resourceFieldRef: atomic,
      }),
    }),
  ),
  ports: mapList(["containerPort", "protocol"], deduced, { protocol: "TCP" }),
  volumeMounts: mapList(["mountPath"]),
  volumeDevices: mapList(["devicePath"]),
  resources: object({ claims: mapList(["name"]) }),
});
const containers = mapList(["name"], container);

const podSpec: Shape = object({
  containers,
  initContainers: containers,
  ephemeralContainers: containers,
  volumes: mapList(["name"]),
  imagePullSecrets: mapList(["name"]),
  hostAliases: mapList(["ip"]),
  topologySpreadConstraints: mapList(["topologyKey", "whenUnsatisfiable"]),
  nodeSelector: atomic,
  resourceClaims: mapList(["name"]),
  schedulingGates: mapList(["name"]),
});

const podTemplate: Shape = object({ metadata: metadataShape, spec: podSpec });
const workload: Shape = object({
  metadata: metadataShape,
  spec: object({ selector: atomic, template: podTemplate }),
  status: object({ conditions }),
});
const conditioned: Shape = object({ metadata: metadataShape, status: object({ conditions }) });

/** Merge behaviour of the built-in kinds, by `group/Kind`; the others have only metadata to tell. */
const builtIn: Readonly<Record<string, Shape>> = {
  "/Node": object({
    metadata: metadataShape,
    spec: object({ podCIDRs: setList }),
    status: object({ conditions, addresses: mapList(["type"]) }),
  }),
  "/Pod": object({
    metadata: metadataShape,
    spec: podSpec,
    status: object({ conditions, podIPs: mapList(["ip"]) }),
  }),
  "/Namespace": conditioned,
  "/PersistentVolumeClaim": conditioned,
  "/Event": object({ metadata: metadataShape, involvedObject: atomic, related: atomic }),
  "/Service": object({
    metadata: metadataShape,
    spec: object({ ports: mapList(["port", "protocol"], deduced, { protocol: "TCP" }), selector: atomic }),
    status: object({ conditions }),
  }),
  "/ServiceAccount": object({ metadata: metadataShape, secrets: mapList(["name"]) }),
  "apps/Deployment": workload,
  "apps/DaemonSet": workload,
  "apps/StatefulSet": workload,
  "apps/ReplicaSet": workload,
  "batch/Job": workload,
  "batch/CronJob": object({
    metadata: metadataShape,
    spec: object({ jobTemplate: object({ spec: object({ selector: atomic, template: podTemplate }) }) }),
  }),
  "autoscaling/HorizontalPodAutoscaler": conditioned,
  "policy/PodDisruptionBudget": conditioned,
  "apiextensions.k8s.io/CustomResourceDefinition": conditioned,
  "rbac.authorization.k8s.io/RoleBinding": object({ metadata: metadataShape, roleRef: atomic }),
  "rbac.authorization.k8s.io/ClusterRoleBinding": object({ metadata: metadataShape, roleRef: atomic }),
};

const plain: Shape = object({ metadata: metadataShape });

export const builtInShape = (group: string, kind: string): Shape => builtIn[`${group}/${kind}`] ?? plain;

/** The shape that a structural schema tells by its `x-kubernetes-list-type`, `-map-type` and `-list-map-keys`. */
export function shapeOfSchema(schema: unknown): Shape {
  if (typeof schema !== "object" || schema === null) return deduced;
  const node = schema as Record<string, unknown>;
  if (node["x-kubernetes-map-type"] === "atomic") return atomic;
  if (node.type === "array") return listShape(node);
  const properties = Object.entries((node.properties ?? {}) as Record<string, unknown>);
  const fields = Object.fromEntries(properties.map(([key, child]) => [key, shapeOfSchema(child)]));
  const rest = node.additionalProperties;
  return typeof rest === "object" && rest !== null
    ? { kind: "object", fields, rest: shapeOfSchema(rest) }
    : { kind: "object", fields };
}

function listShape(node: Record<string, unknown>): Shape {
  if (node["x-kubernetes-list-type"] === "set") return setList;
  if (node["x-kubernetes-list-type"] !== "map") return atomic;
  const keys = (node["x-kubernetes-list-map-keys"] ?? []) as readonly string[];
  const properties = ((node.items as Record<string, unknown> | undefined)?.properties ?? {}) as Record<
    string,
    { default?: unknown }
  >;
  const defaults = Object.fromEntries(
    keys.flatMap((key) => (properties[key]?.default === undefined ? [] : [[key, properties[key]?.default]])),
  );
  return mapList(keys, shapeOfSchema(node.items), defaults);
}
