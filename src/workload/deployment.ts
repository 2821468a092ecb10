import type { V1Deployment } from "@kubernetes/client-node";
import { groupName, metadata, type WorkloadContext } from "./context.ts";
import { KEYS, podSelector } from "./identity.ts";
import type { Manifest } from "./manifest.ts";
import { DEFAULTS } from "./options.ts";
import { podTemplate } from "./pod.ts";

/** Whether a HorizontalPodAutoscaler chooses the number of replicas; while suspended there is nothing to choose. */
export const isAutoscaled = ({ workload, suspended }: WorkloadContext): boolean =>
  workload.type === "Service" && workload.scaling?.autoScale === true && suspended !== true;

/** One Deployment for each group of replicas. */
export function deployments(context: WorkloadContext): Manifest<V1Deployment>[] {
  const patience = context.options.startupSeconds ?? DEFAULTS.startupSeconds;
  return context.groups.map((group, index) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(context, groupName(context, index)),
    spec: {
      // Left out where an autoscaler sets it: two that write the same field would never agree.
      ...(isAutoscaled(context) ? {} : { replicas: context.suspended === true ? 0 : group.tasks }),
      revisionHistoryLimit: 2,
      progressDeadlineSeconds: patience + 300,
      // A new pod beside the old one would need GPUs that nobody reserved.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      selector: { matchLabels: { ...podSelector(context.intent), [KEYS.group]: String(index) } },
      template: podTemplate(context, group, index),
    },
  }));
}
