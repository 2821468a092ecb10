import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { HUB_MANAGER } from "../manager.ts";
import { JOBS, resourceOf } from "./resources.ts";

/** Kinds that run something, and kinds that are of use only to what runs. */
const RUNNING: readonly (string | undefined)[] = ["Deployment", "Job"];
const SERVING: readonly (string | undefined)[] = ["Ingress", "HorizontalPodAutoscaler"];

/**
 * Applies the objects of a workload: the namespace, then all that limits, isolates and is mounted, then what runs, then
 * what leads to it. Within a stage there is no order, and all are applied at the same time. With `suspended` it is said
 * whether Jobs that have hours may run now. Throws KubeError; what came before it is applied.
 */
export async function applyWorkload(
  client: KubeClient,
  objects: readonly KubeObject[],
  suspended: boolean | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (const stage of stagesOf(objects))
    await Promise.all(
      stage.map((object) =>
        object.kind === "Job"
          ? applyJob(client, object, suspended, signal)
          : applyOne(client, object, signal),
      ),
    );
}

function stagesOf(objects: readonly KubeObject[]): readonly (readonly KubeObject[])[] {
  const stages: KubeObject[][] = [[], [], [], []];
  for (const object of objects) stages[stageOf(object)]?.push(object);
  return stages;
}

function stageOf({ kind }: KubeObject): number {
  if (kind === "Namespace") return 0;
  if (RUNNING.includes(kind)) return 2;
  return SERVING.includes(kind) ? 3 : 1;
}

const applying = (signal: AbortSignal) => ({ fieldManager: HUB_MANAGER, force: true, signal });

async function applyOne(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
  const resource = resourceOf(object);
  try {
    await client.apply(resource, object, applying(signal));
  } catch (error) {
    if (!isKubeError(error, "invalid") || object.kind !== "Deployment") throw error;
    // Not every change can be made in place: of a probe that is taken away the server keeps its own defaults, which are
    // no probe. Its pods are replaced by a change either way. One that is not there is wrong in itself: it fails again.
    const { name, namespace } = object.metadata ?? {};
    await client.delete(resource, { name, namespace }, { signal });
    await client.apply(resource, object, applying(signal));
  }
}

/**
 * A Job's pods are as they were when it was made: where the API server refuses the change of them, the Job that is there
 * goes on. What has hours is stopped and started by a patch, which always works: only that says `suspend` to a Kubernetes
 * that knows it, and leaves it out for one that does not (before 1.21), where no parallelism does the same.
 */
async function applyJob(
  client: KubeClient,
  job: KubeObject & { readonly spec?: { readonly parallelism?: number } },
  suspend: boolean | undefined,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.apply(JOBS, job, applying(signal));
  } catch (error) {
    if (!isKubeError(error, "invalid") || !(await exists(client, job, signal))) throw error;
  }
  if (suspend === undefined) return;
  const { name, namespace } = job.metadata ?? {};
  await client.patch(
    JOBS,
    { name, namespace },
    { spec: { suspend, parallelism: job.spec?.parallelism } },
    { signal },
  );
}

async function exists(client: KubeClient, { metadata }: KubeObject, signal: AbortSignal): Promise<boolean> {
  const { name, namespace } = metadata ?? {};
  try {
    await client.get(JOBS, { name, namespace }, { signal });
    return true;
  } catch (error) {
    if (isKubeError(error, "not-found")) return false;
    throw error;
  }
}
