import type { V1PodSpec, V1PodTemplateSpec } from "@kubernetes/client-node";
import { mainContainer } from "./container.ts";
import { tasksCommunicate, tasksServiceName, type WorkloadContext } from "./context.ts";
import { KEYS } from "./identity.ts";
import { nodeAffinity, nodeSpread, tolerations } from "./scheduling.ts";
import { pullSecrets } from "./secrets.ts";
import { podSecurityContext } from "./security.ts";
import type { TaskGroup } from "./task-groups.ts";
import { copyInContainers, copyOutContainers, podVolumes } from "./volumes.ts";

/** Labels of a group's pods; `index` is the group's place. */
export const podLabels = ({ labels }: WorkloadContext, index: number): Record<string, string> => ({
  ...labels,
  [KEYS.group]: String(index),
});

/** The pods of one group of tasks. */
export function podTemplate(context: WorkloadContext, group: TaskGroup, index: number): V1PodTemplateSpec {
  const labels = podLabels(context, index);
  const isBatch = context.workload.type === "Batch";
  const { priorityClassName } = context.options;
  const pull = pullSecrets(context);
  const volumes = podVolumes(context);
  const topologySpreadConstraints = nodeSpread(group, labels);
  return {
    metadata: { labels, annotations: context.annotations },
    spec: {
      restartPolicy: isBatch ? "Never" : "Always",
      ...containersOf(context, group),
      ...(volumes.length === 0 ? {} : { volumes }),
      affinity: nodeAffinity(group),
      tolerations: tolerations(context, group),
      ...(topologySpreadConstraints === undefined ? {} : { topologySpreadConstraints }),
      ...(tasksCommunicate(context) ? { subdomain: tasksServiceName(context) } : {}),
      ...(priorityClassName === undefined ? {} : { priorityClassName }),
      ...(pull.length === 0 ? {} : { imagePullSecrets: pull }),
      securityContext: podSecurityContext(context),
      // Nothing in a tenant's container may speak to the provider's API server.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
    },
  };
}

/**
 * Where outputs are copied out, the task itself is the last init container and the copies are what follows it: so
 * they start only once it has succeeded, with no help from inside the image.
 */
function containersOf(
  context: WorkloadContext,
  group: TaskGroup,
): Pick<V1PodSpec, "containers" | "initContainers"> {
  const main = mainContainer(context, group);
  const before = copyInContainers(context);
  const after = copyOutContainers(context);
  if (after.length === 0)
    return { ...(before.length > 0 ? { initContainers: before } : {}), containers: [main] };
  // Init containers may have no probes.
  const { readinessProbe: _, ...task } = main;
  return { initContainers: [...before, task], containers: after };
}
