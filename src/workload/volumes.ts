import type { V1Container, V1PersistentVolumeClaim, V1Volume, V1VolumeMount } from "@kubernetes/client-node";
import type { VolumeSpec } from "../intent/spec-schema.ts";
import { metadata, tasksCommunicate, type WorkloadContext } from "./context.ts";
import type { Manifest } from "./manifest.ts";
import { dnsLabel, joinName } from "./names.ts";
import { DEFAULTS } from "./options.ts";
import { timesQuantity } from "./quantities.ts";
import { containerSecurityContext } from "./security.ts";
import { copyEnvironment, parseSource, type Remote } from "./sources.ts";

const SHARED_MEMORY = "/dev/shm";

const volumesOf = ({ workload }: WorkloadContext): readonly VolumeSpec[] => workload.storage?.volumes ?? [];

/** Name within the pod; never that of the shared memory's. */
const volumeName = ({ name }: VolumeSpec): string => dnsLabel(`v-${name}`);

const claimName = ({ base }: WorkloadContext, { name }: VolumeSpec): string => joinName(base, name);

/** The pod's volumes: a claim for what is persistent, else an emptyDir of the size that was asked for. */
export function podVolumes(context: WorkloadContext): V1Volume[] {
  const volumes = volumesOf(context).map((volume): V1Volume => {
    const name = volumeName(volume);
    return volume.type === "Persistent"
      ? { name, persistentVolumeClaim: { claimName: claimName(context, volume) } }
      : { name, emptyDir: { sizeLimit: volume.size } };
  });
  const shared = sharedMemorySize(context);
  if (shared === undefined) return volumes;
  return [...volumes, { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: shared } }];
}

export function volumeMounts(context: WorkloadContext): V1VolumeMount[] {
  const mounts = volumesOf(context).map((volume) => ({ name: volumeName(volume), mountPath: volume.path }));
  return sharedMemorySize(context) === undefined
    ? mounts
    : [...mounts, { name: "shared-memory", mountPath: SHARED_MEMORY }];
}

/**
 * Half of the memory as /dev/shm where GPUs work together: runtimes give 64 MiB, in which NCCL and data loaders fail.
 * Undefined: not needed, mounted by the Intent itself, or no memory to take it from.
 */
function sharedMemorySize(context: WorkloadContext): string | undefined {
  const { workload, groups } = context;
  const isJoint = groups.some(({ units }) => units > 1) || tasksCommunicate(context);
  const isTaken = volumesOf(context).some(({ path }) => path.replace(/\/+$/, "") === SHARED_MEMORY);
  const { memory } = workload.resources;
  return isJoint && !isTaken && memory !== undefined ? timesQuantity(memory, 0.5) : undefined;
}

/** Claims of the persistent volumes: written from one node, or from several where tasks are on several. */
export function volumeClaims(context: WorkloadContext): Manifest<V1PersistentVolumeClaim>[] {
  const nodes = new Set(context.groups.flatMap((group) => group.nodes.map(({ name }) => name)));
  const { className, sharedClassName } = context.options.storage ?? {};
  const isShared = nodes.size > 1;
  const storageClassName = isShared ? (sharedClassName ?? className) : className;
  return volumesOf(context)
    .filter(({ type }) => type === "Persistent")
    .map((volume) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: metadata(context, claimName(context, volume)),
      spec: {
        accessModes: [isShared ? "ReadWriteMany" : "ReadWriteOnce"],
        ...(storageClassName === undefined ? {} : { storageClassName }),
        resources: { requests: { storage: volume.size } },
      },
    }));
}

/** Containers that fill the volumes from their sources before the workload starts. */
export const copyInContainers = (context: WorkloadContext): V1Container[] =>
  withSources(context).map(([volume, remote], index) =>
    copyContainer(context, `copy-in-${index}`, volume, remote, [remote.url, "/data"]),
  );

/** Containers that bring the persistent volumes of a Batch workload back to their sources after it has succeeded. */
export const copyOutContainers = (context: WorkloadContext): V1Container[] =>
  context.workload.type !== "Batch"
    ? []
    : withSources(context)
        .filter(([{ type }]) => type === "Persistent")
        .map(([volume, remote], index) =>
          copyContainer(context, `copy-out-${index}`, volume, remote, ["/data", remote.url]),
        );

const withSources = (context: WorkloadContext): readonly (readonly [VolumeSpec, Remote])[] =>
  volumesOf(context).flatMap((volume) => {
    const remote = parseSource(volume.source);
    return remote === undefined ? [] : [[volume, remote] as const];
  });

function copyContainer(
  context: WorkloadContext,
  name: string,
  volume: VolumeSpec,
  remote: Remote,
  [from, to]: readonly [string, string],
): V1Container {
  const credentials = volume.source?.credentials;
  return {
    name,
    image: context.options.copyImage ?? DEFAULTS.copyImage,
    args: ["copy", from, to, "--retries=5", "--stats=1m", "--stats-one-line"],
    env: copyEnvironment(remote, credentials === undefined ? undefined : joinName(context.base, credentials)),
    resources: { requests: { ...DEFAULTS.defaultRequests, ...context.options.defaultRequests } },
    volumeMounts: [{ name: volumeName(volume), mountPath: "/data" }],
    securityContext: containerSecurityContext(context),
  };
}
