import type { V2HorizontalPodAutoscaler, V2MetricSpec } from "@kubernetes/client-node";
import { groupName, metadata, type WorkloadContext } from "./context.ts";
import { isAutoscaled } from "./deployment.ts";
import type { Manifest } from "./manifest.ts";

/** What `workload.scaling` means where the Intent leaves it out, as its schema has it. */
const SCALING = { minReplicas: 1, maxReplicas: 10, targetCPUPercent: 70, targetGPUPercent: 80 } as const;

/**
 * One autoscaler for each Deployment. It never goes beyond the replicas that the hub has reserved GPUs for, or lets it
 * have, so it cannot take what another was promised.
 */
export function autoscalers(context: WorkloadContext): Manifest<V2HorizontalPodAutoscaler>[] {
  const metrics = scalingMetrics(context);
  if (!isAutoscaled(context) || metrics.length === 0) return [];
  const { minReplicas, maxReplicas } = { ...SCALING, ...context.workload.scaling };
  return context.groups.map((group, index) => {
    const most = Math.max(1, Math.min(group.most, maxReplicas - group.offset));
    return {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: metadata(context, groupName(context, index)),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: groupName(context, index) },
        minReplicas: Math.max(1, Math.min(most, minReplicas - group.offset)),
        maxReplicas: most,
        metrics,
      },
    };
  });
}

/** CPU and memory as shares of what was requested, GPU by the pods' own metric where it is served. */
function scalingMetrics({ intent, workload, options }: WorkloadContext): V2MetricSpec[] {
  const { targetCPUPercent, targetGPUPercent } = { ...SCALING, ...workload.scaling };
  const { gpuUtilizationTarget, memoryUtilizationTarget } = intent.spec.constraints?.performance ?? {};
  const { cpu, memory } = workload.resources;
  const gpuMetric = options.autoscaling?.gpuMetric;
  const gpuTarget =
    gpuUtilizationTarget === undefined ? targetGPUPercent : Math.round(gpuUtilizationTarget * 100);
  const memoryTarget = Math.round((memoryUtilizationTarget ?? 0) * 100);
  return [
    ...(cpu !== undefined && targetCPUPercent > 0 ? [utilization("cpu", targetCPUPercent)] : []),
    ...(memory !== undefined && memoryTarget > 0 ? [utilization("memory", memoryTarget)] : []),
    ...(gpuMetric !== undefined && gpuTarget > 0
      ? [
          {
            type: "Pods",
            pods: {
              metric: { name: gpuMetric },
              target: { type: "AverageValue", averageValue: String(gpuTarget) },
            },
          },
        ]
      : []),
  ];
}

const utilization = (name: string, averageUtilization: number): V2MetricSpec => ({
  type: "Resource",
  resource: { name, target: { type: "Utilization", averageUtilization } },
});
