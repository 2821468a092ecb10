import { createHash } from "node:crypto";
import { canonicalJson } from "../../kubernetes/canonical-json.ts";
import { nameSuffix } from "../kernel.ts";
import type { ObjectMeta } from "../object.ts";
import type { Cluster } from "./cluster.ts";
import { type Controller, keyOf, namesIn, other, own } from "./controller.ts";
import { DEPLOYMENTS, JOBS, OFFLOADINGS, PODS } from "./kinds.ts";
import { OFFLOADING } from "./liqo/offloading.ts";
import type { Deployment, Job, Pod, PodTemplate } from "./liqo-types.ts";
import { stamp, type World } from "./world.ts";

const HASH = "pod-template-hash";

/** The workload controllers, for offloaded namespaces only: pods of Deployments and Jobs, and what became of them. */
export const workloadControllers = (world: World): readonly Controller[] => [
  deploymentController(world),
  jobController(world),
];

/** Keys of the owners of a pod, of that kind. */
const ownersOf =
  (kind: string) =>
  ({ metadata }: Pod): readonly string[] =>
    (metadata.ownerReferences ?? [])
      .filter((owner) => owner.kind === kind)
      .map(({ name }) => `${metadata.namespace}/${name}`);

const isOffloaded = (cluster: Cluster, { namespace }: ObjectMeta): boolean =>
  cluster.get(OFFLOADINGS, OFFLOADING, namespace) !== undefined;

const podsOf = (cluster: Cluster, { uid, namespace }: ObjectMeta): readonly Pod[] =>
  cluster
    .list(PODS, namespace)
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false);

const inPhase = (pods: readonly Pod[], phase: string): number =>
  pods.filter(({ status }) => status?.phase === phase).length;

function deploymentController(world: World): Controller {
  const cluster = world.consumer.cluster.as("kube-controller-manager");
  return {
    name: "deployments",
    wakes: [
      own(cluster, DEPLOYMENTS),
      other(cluster, PODS, ownersOf("Deployment")),
      other(cluster, OFFLOADINGS, ({ metadata }) => cluster.list(DEPLOYMENTS, metadata.namespace).map(keyOf)),
    ],
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const deployment = cluster.get(DEPLOYMENTS, name, namespace);
      if (deployment === undefined || !isOffloaded(cluster, deployment.metadata)) return undefined;
      keepReplicas(world, cluster, deployment);
      return undefined;
    },
  };
}

/** One pod for each replica, of the template as it is now; older ones go at once. */
function keepReplicas(world: World, cluster: Cluster, deployment: Deployment): void {
  const { metadata, spec } = deployment;
  const hash = createHash("sha256").update(canonicalJson(spec.template)).digest("hex").slice(0, 10);
  const all = podsOf(cluster, metadata).filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const current = all.filter((pod) => pod.metadata.labels?.[HASH] === hash);
  const wanted = spec.replicas ?? 1;
  for (const pod of [...all.filter((each) => !current.includes(each)), ...current.slice(wanted)])
    cluster.remove(PODS, pod.metadata.name, pod.metadata.namespace);
  for (let missing = wanted - current.length; missing > 0; missing -= 1)
    makePod(world, cluster, deployment, { [HASH]: hash });
  const ready = inPhase(current.slice(0, wanted), "Running");
  const isAvailable = ready >= wanted;
  const known = cluster.get(DEPLOYMENTS, metadata.name, metadata.namespace);
  if (known === undefined) return;
  cluster.setStatus(DEPLOYMENTS, known, {
    observedGeneration: metadata.generation ?? 1,
    replicas: wanted,
    updatedReplicas: wanted,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: wanted - ready,
    conditions: [{ type: "Available", status: isAvailable ? "True" : "False" }],
  });
}

function jobController(world: World): Controller {
  const cluster = world.consumer.cluster.as("kube-controller-manager");
  return {
    name: "jobs",
    wakes: [
      own(cluster, JOBS),
      other(cluster, PODS, ownersOf("Job")),
      other(cluster, OFFLOADINGS, ({ metadata }) => cluster.list(JOBS, metadata.namespace).map(keyOf)),
    ],
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const job = cluster.get(JOBS, name, namespace);
      if (job === undefined || !isOffloaded(cluster, job.metadata) || isDone(job)) return undefined;
      keepTasks(world, cluster, job);
      return undefined;
    },
  };
}

const isDone = ({ status }: Job): boolean =>
  status?.conditions?.some(({ type }) => type === "Complete") ?? false;

/** As many tasks at a time as the Job wants, until enough have succeeded. */
function keepTasks(world: World, cluster: Cluster, job: Job): void {
  const { metadata, spec, status } = job;
  const pods = podsOf(cluster, metadata);
  const succeeded = inPhase(pods, "Succeeded");
  const completions = spec.completions ?? spec.parallelism ?? 1;
  const active = pods.filter(
    (pod) => pod.status?.phase !== "Succeeded" && pod.metadata.deletionTimestamp === undefined,
  );
  const wanted = spec.suspend === true ? 0 : Math.min(spec.parallelism ?? 1, completions - succeeded);
  for (const { metadata: pod } of active.slice(wanted)) cluster.remove(PODS, pod.name, pod.namespace);
  for (let missing = wanted - active.length; missing > 0; missing -= 1) makePod(world, cluster, job, {});
  const known = cluster.get(JOBS, metadata.name, metadata.namespace);
  if (known === undefined) return;
  const complete = { type: "Complete", status: "True", reason: "CompletionsReached" };
  cluster.setStatus(JOBS, known, {
    startTime: status?.startTime ?? stamp(world),
    active: wanted,
    ready: inPhase(pods, "Running"),
    succeeded,
    ...(succeeded >= completions ? { conditions: [complete], completionTime: stamp(world) } : {}),
  });
}

function makePod(
  world: World,
  cluster: Cluster,
  { apiVersion, kind, metadata, spec }: Deployment | Job,
  labels: Readonly<Record<string, string>>,
): void {
  const { name, namespace = "", uid = "" } = metadata;
  const template: PodTemplate = spec.template;
  cluster.create(PODS, {
    metadata: {
      name: `${name.slice(0, 57)}-${nameSuffix(world.random)}`,
      namespace,
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      labels: { ...template.metadata?.labels, ...labels },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: template.spec,
  });
}
