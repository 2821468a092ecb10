import type { KubeObject } from "../kubernetes/objects.ts";
import { autoscalers } from "./autoscaler.ts";
import { type WorkloadContext, workloadContext } from "./context.ts";
import { deployments } from "./deployment.ts";
import { ingresses } from "./ingress.ts";
import type { WorkloadInput } from "./input.ts";
import { jobs } from "./job.ts";
import { limitRange, namespaceObject, resourceQuota } from "./namespace.ts";
import { networkPolicy } from "./network-policy.ts";
import { secretObjects } from "./secrets.ts";
import { services } from "./service.ts";
import { volumeClaims } from "./volumes.ts";

/**
 * Everything that an Intent needs in its provider, in the order in which it is to be applied: what limits and
 * isolates before what runs. The same input gives the same objects, byte for byte.
 */
export function workloadObjects(input: WorkloadInput): readonly KubeObject[] {
  const context = workloadContext(input);
  return [
    ...isolation(context),
    networkPolicy(context),
    ...secretObjects(context),
    ...volumeClaims(context),
    ...services(context),
    ...(context.workload.type === "Batch" ? jobs(context) : deployments(context)),
    ...ingresses(context),
    ...autoscalers(context),
  ];
}

const isolation = (context: WorkloadContext): readonly KubeObject[] =>
  context.options.namespace.exclusive === false
    ? []
    : [namespaceObject(context), resourceQuota(context), limitRange(context)];
