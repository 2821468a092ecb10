import { asArray, asObject, asText, type JsonObject, valueAt } from "./json.ts";
import type { KubeObject } from "./object.ts";
import type { Column } from "./resource-type.ts";

export interface Printer {
  readonly columns: readonly Column[];
  readonly cells: (object: KubeObject, now: number) => readonly unknown[];
}

const column = (name: string, type = "string", priority = 0): Column => ({
  name,
  type,
  priority,
  description: "",
});
const nameColumn: Column = { name: "Name", type: "string", format: "name", description: "", priority: 0 };
const age = column("Age");

/** How long ago that was, in the short form of kubectl: `45s`, `5m10s`, `3h`, `2d`. */
export function ageOf(since: unknown, now: number): string {
  if (typeof since !== "string") return "<unknown>";
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  return `${Math.floor(hours / 24)}d`;
}

const created = (object: KubeObject, now: number): string => ageOf(object.metadata.creationTimestamp, now);

const or = (value: unknown, fallback: unknown): unknown =>
  value === undefined || value === "" ? fallback : value;

function nodeStatus(node: KubeObject): string {
  const ready = asArray(valueAt(node, ["status", "conditions"])).find(
    (condition) => asObject(condition).type === "Ready",
  );
  const status = asObject(ready).status;
  const word = ready === undefined ? "Unknown" : status === "True" ? "Ready" : "NotReady";
  return valueAt(node, ["spec", "unschedulable"]) === true ? `${word},SchedulingDisabled` : word;
}

function nodeRoles(node: KubeObject): string {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.keys(node.metadata.labels ?? {}).filter((key) => key.startsWith(prefix));
  return roles.length === 0
    ? "<none>"
    : roles
        .map((key) => key.slice(prefix.length))
        .sort()
        .join(",");
}

const nodeAddress = (node: KubeObject, type: string): unknown =>
  or(
    asObject(
      asArray(valueAt(node, ["status", "addresses"])).find((address) => asObject(address).type === type),
    ).address,
    "<none>",
  );

const info = (node: KubeObject, field: string): unknown =>
  or(valueAt(node, ["status", "nodeInfo", field]), "<unknown>");

function podStatus(pod: KubeObject): unknown {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  const waiting = asArray(valueAt(pod, ["status", "containerStatuses"]))
    .map(
      (status) =>
        valueAt(status, ["state", "waiting", "reason"]) ?? valueAt(status, ["state", "terminated", "reason"]),
    )
    .find((reason) => reason !== undefined);
  return waiting ?? valueAt(pod, ["status", "reason"]) ?? valueAt(pod, ["status", "phase"]) ?? "Unknown";
}

const statuses = (pod: KubeObject): readonly JsonObject[] =>
  asArray(valueAt(pod, ["status", "containerStatuses"])).map(asObject);

const ready = (object: KubeObject): string =>
  `${asText(valueAt(object, ["status", "readyReplicas"]) ?? 0)}/${asText(valueAt(object, ["spec", "replicas"]) ?? 0)}`;

const count = (object: KubeObject, ...path: readonly string[]): unknown => valueAt(object, path) ?? 0;

const nodes: Printer = {
  columns: [
    nameColumn,
    column("Status"),
    column("Roles"),
    age,
    column("Version"),
    column("Internal-IP", "string", 1),
    column("External-IP", "string", 1),
    column("OS-Image", "string", 1),
    column("Kernel-Version", "string", 1),
    column("Container-Runtime", "string", 1),
  ],
  cells: (node, now) => [
    node.metadata.name,
    nodeStatus(node),
    nodeRoles(node),
    created(node, now),
    or(valueAt(node, ["status", "nodeInfo", "kubeletVersion"]), ""),
    nodeAddress(node, "InternalIP"),
    nodeAddress(node, "ExternalIP"),
    info(node, "osImage"),
    info(node, "kernelVersion"),
    info(node, "containerRuntimeVersion"),
  ],
};

const pods: Printer = {
  columns: [
    nameColumn,
    column("Ready"),
    column("Status"),
    column("Restarts"),
    age,
    column("IP", "string", 1),
    column("Node", "string", 1),
    column("Nominated Node", "string", 1),
    column("Readiness Gates", "string", 1),
  ],
  cells: (pod, now) => [
    pod.metadata.name,
    `${statuses(pod).filter((status) => status.ready === true).length}/${asArray(valueAt(pod, ["spec", "containers"])).length}`,
    podStatus(pod),
    asText(statuses(pod).reduce((sum, status) => sum + Number(status.restartCount ?? 0), 0)),
    created(pod, now),
    or(valueAt(pod, ["status", "podIP"]), "<none>"),
    or(valueAt(pod, ["spec", "nodeName"]), "<none>"),
    or(valueAt(pod, ["status", "nominatedNodeName"]), "<none>"),
    "<none>",
  ],
};

const events: Printer = {
  columns: [
    column("Last Seen"),
    column("Type"),
    column("Reason"),
    column("Object"),
    column("Subobject", "string", 1),
    column("Source", "string", 1),
    column("Message"),
    column("First Seen", "string", 1),
    column("Count", "integer", 1),
    { ...nameColumn, priority: 1 },
  ],
  cells: (event, now) => {
    const about = asObject(event.involvedObject ?? event.regarding);
    const last =
      valueAt(event, ["series", "lastObservedTime"]) ??
      event.lastTimestamp ??
      event.eventTime ??
      event.deprecatedLastTimestamp ??
      event.metadata.creationTimestamp;
    return [
      ageOf(last, now),
      event.type ?? "",
      event.reason ?? "",
      `${asText(about.kind ?? "").toLowerCase()}/${asText(about.name ?? "")}`,
      about.fieldPath ?? "",
      or(
        valueAt(event, ["source", "component"]),
        event.reportingComponent ?? event.reportingController ?? "",
      ),
      asText(event.message ?? event.note ?? "").trim(),
      ageOf(event.firstTimestamp ?? last, now),
      event.count ?? 1,
      event.metadata.name,
    ];
  },
};

const simple = (
  fields: readonly (readonly [name: string, read: (object: KubeObject) => unknown])[],
): Printer => ({
  columns: [nameColumn, ...fields.map(([name]) => column(name)), age],
  cells: (object, now) => [
    object.metadata.name,
    ...fields.map(([, read]) => read(object)),
    created(object, now),
  ],
});

const keys = (field: string) => (object: KubeObject) => Object.keys(asObject(object[field])).length;

export const defaultPrinter: Printer = simple([]);

/** How `kubectl get` shows the built-in kinds, by `group/plural`. */
export const printers: Readonly<Record<string, Printer>> = {
  "/nodes": nodes,
  "/pods": pods,
  "/events": events,
  "events.k8s.io/events": events,
  "/namespaces": simple([["Status", (object) => valueAt(object, ["status", "phase"])]]),
  "/configmaps": simple([["Data", keys("data")]]),
  "/secrets": simple([
    ["Type", (object) => object.type],
    ["Data", keys("data")],
  ]),
  "/services": simple([
    ["Type", (object) => valueAt(object, ["spec", "type"])],
    ["Cluster-IP", (object) => or(valueAt(object, ["spec", "clusterIP"]), "<none>")],
    [
      "Port(s)",
      (object) =>
        asArray(valueAt(object, ["spec", "ports"]))
          .map((port) => `${asText(asObject(port).port)}/${asText(asObject(port).protocol)}`)
          .join(","),
    ],
  ]),
  "apps/deployments": simple([
    ["Ready", ready],
    ["Up-to-date", (object) => count(object, "status", "updatedReplicas")],
    ["Available", (object) => count(object, "status", "availableReplicas")],
  ]),
  "apps/replicasets": simple([
    ["Desired", (object) => count(object, "spec", "replicas")],
    ["Current", (object) => count(object, "status", "replicas")],
    ["Ready", (object) => count(object, "status", "readyReplicas")],
  ]),
  "apps/statefulsets": simple([["Ready", ready]]),
  "apps/daemonsets": simple([
    ["Desired", (object) => count(object, "status", "desiredNumberScheduled")],
    ["Current", (object) => count(object, "status", "currentNumberScheduled")],
    ["Ready", (object) => count(object, "status", "numberReady")],
  ]),
  "batch/jobs": simple([
    [
      "Completions",
      (object) =>
        `${asText(count(object, "status", "succeeded"))}/${asText(valueAt(object, ["spec", "completions"]) ?? 1)}`,
    ],
  ]),
  "coordination.k8s.io/leases": simple([
    ["Holder", (object) => valueAt(object, ["spec", "holderIdentity"]) ?? ""],
  ]),
  "resource.k8s.io/resourceslices": simple([
    ["Node", (object) => or(valueAt(object, ["spec", "nodeName"]), "<none>")],
    ["Driver", (object) => valueAt(object, ["spec", "driver"])],
    ["Pool", (object) => valueAt(object, ["spec", "pool", "name"])],
  ]),
  "scheduling.k8s.io/priorityclasses": simple([
    ["Value", (object) => object.value],
    ["Global-Default", (object) => object.globalDefault === true],
  ]),
  "apiextensions.k8s.io/customresourcedefinitions": {
    columns: [nameColumn, column("Created At", "date")],
    cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
  },
};
