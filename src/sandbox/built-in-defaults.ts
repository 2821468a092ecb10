import { asArray, asObject, asText, isObject, type JsonObject } from "./json.ts";
import { type KubeObject, withMeta } from "./object.ts";

type Default = (object: KubeObject) => KubeObject;

const spec =
  (fill: (spec: JsonObject) => JsonObject): Default =>
  (object) => ({ ...object, spec: fill(asObject(object.spec)) });

/** Quantities are text, also where a client wrote a number. */
const quantities = (list: unknown): JsonObject =>
  Object.fromEntries(Object.entries(asObject(list)).map(([name, amount]) => [name, asText(amount)]));

function resourceDefaults(resources: JsonObject): JsonObject {
  return {
    ...resources,
    ...(isObject(resources.limits) ? { limits: quantities(resources.limits) } : {}),
    ...(isObject(resources.requests) ? { requests: quantities(resources.requests) } : {}),
  };
}

function containerDefaults(container: unknown): unknown {
  if (!isObject(container)) return container;
  const ports = Array.isArray(container.ports)
    ? { ports: container.ports.map((port) => (isObject(port) ? { protocol: "TCP", ...port } : port)) }
    : {};
  return {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: /:(?!latest$)[^/]+$/.test(asText(container.image)) ? "IfNotPresent" : "Always",
    ...container,
    ...ports,
    resources: resourceDefaults(asObject(container.resources)),
  };
}

/** In a pod, unlike in a template, requests follow limits where a container names only the latter. */
function requestsFromLimits(container: unknown): unknown {
  const resources = asObject(asObject(container).resources);
  if (!isObject(container) || !isObject(resources.limits)) return container;
  return {
    ...container,
    resources: { ...resources, requests: { ...resources.limits, ...asObject(resources.requests) } },
  };
}

const podSpecDefaults = (pod: JsonObject, restartPolicy = "Always"): JsonObject => ({
  restartPolicy,
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
  ...pod,
  ...(Array.isArray(pod.containers) ? { containers: pod.containers.map(containerDefaults) } : {}),
  ...(Array.isArray(pod.initContainers) ? { initContainers: pod.initContainers.map(containerDefaults) } : {}),
});

const templateDefaults = (template: unknown): JsonObject => {
  const { spec: pod, ...rest } = asObject(template);
  return { ...rest, spec: podSpecDefaults(asObject(pod)) };
};

const replicated = spec((given) => ({ replicas: 1, ...given, template: templateDefaults(given.template) }));

/** The selector and label by which a Job knows its pods; the server makes them from the Job's uid. */
const jobDefaults: Default = (job) => {
  const given = asObject(job.spec);
  const identity = { "controller-uid": job.metadata.uid ?? "" };
  const template = templateDefaults(given.template);
  const metadata = asObject(template.metadata);
  const labels = { ...asObject(metadata.labels), ...identity, "job-name": job.metadata.name };
  const generated =
    given.selector === undefined
      ? { selector: { matchLabels: identity }, template: { ...template, metadata: { ...metadata, labels } } }
      : { template };
  return { ...job, spec: { completions: 1, parallelism: 1, backoffLimit: 6, ...given, ...generated } };
};

const secretDefaults: Default = ({ stringData, ...secret }) => {
  const encoded = Object.entries(asObject(stringData)).map(([key, value]) => [
    key,
    Buffer.from(asText(value)).toString("base64"),
  ]);
  const data =
    encoded.length === 0 ? {} : { data: { ...asObject(secret.data), ...Object.fromEntries(encoded) } };
  return { type: "Opaque", ...secret, ...data };
};

const bindingDefaults: Default = (binding) => ({
  ...binding,
  subjects: asArray(binding.subjects).map((subject) => {
    const { kind, apiGroup } = asObject(subject);
    return kind === "ServiceAccount" || (apiGroup !== undefined && apiGroup !== "")
      ? subject
      : { ...asObject(subject), apiGroup: "rbac.authorization.k8s.io" };
  }),
});

const table: Readonly<Record<string, Default>> = {
  "/Namespace": (namespace) => ({
    ...withMeta(namespace, {
      labels: { ...namespace.metadata.labels, "kubernetes.io/metadata.name": namespace.metadata.name },
    }),
    spec: { finalizers: ["kubernetes"], ...asObject(namespace.spec) },
    status: { phase: "Active", ...asObject(namespace.status) },
  }),
  "/Pod": (pod) => {
    const filled = podSpecDefaults({ serviceAccountName: "default", ...asObject(pod.spec) });
    return {
      ...pod,
      spec: Array.isArray(filled.containers)
        ? { ...filled, containers: filled.containers.map(requestsFromLimits) }
        : filled,
      status: { phase: "Pending", qosClass: "BestEffort", ...asObject(pod.status) },
    };
  },
  "/PersistentVolumeClaim": (claim) => ({
    ...claim,
    spec: { volumeMode: "Filesystem", ...asObject(claim.spec) },
    status: { phase: "Pending", ...asObject(claim.status) },
  }),
  "/Secret": secretDefaults,
  "/Service": spec((given) => ({
    type: "ClusterIP",
    sessionAffinity: "None",
    ...given,
    ports: asArray(given.ports).map((port) => ({
      protocol: "TCP",
      targetPort: asObject(port).port,
      ...asObject(port),
    })),
  })),
  "apps/DaemonSet": spec((given) => ({
    revisionHistoryLimit: 10,
    ...given,
    template: templateDefaults(given.template),
  })),
  "apps/Deployment": (deployment) =>
    spec((given) => ({
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
      ...given,
    }))(replicated(deployment)),
  "apps/ReplicaSet": replicated,
  "apps/StatefulSet": replicated,
  "batch/Job": jobDefaults,
  "batch/CronJob": spec((given) => ({
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    ...given,
  })),
  "rbac.authorization.k8s.io/RoleBinding": bindingDefaults,
  "rbac.authorization.k8s.io/ClusterRoleBinding": bindingDefaults,
  "scheduling.k8s.io/PriorityClass": (priority) => ({
    preemptionPolicy: "PreemptLowerPriority",
    ...priority,
  }),
};

/** Fills in the defaults of a built-in kind that other parts rely on; a kind without any comes back unchanged. */
export const applyBuiltInDefaults = (group: string, object: KubeObject): KubeObject =>
  (table[`${group}/${object.kind}`] ?? ((same: KubeObject) => same))(object);
