import type {
  V1Container,
  V1ContainerPort,
  V1EnvVar,
  V1Probe,
  V1ResourceRequirements,
} from "@kubernetes/client-node";
import { containerCommand, environment } from "./command.ts";
import { groupName, taskCount, tasksCommunicate, tasksServiceName, type WorkloadContext } from "./context.ts";
import { DEFAULTS } from "./options.ts";
import { ports } from "./ports.ts";
import { timesQuantity } from "./quantities.ts";
import { secretEnvironment } from "./secrets.ts";
import { containerSecurityContext } from "./security.ts";
import type { TaskGroup } from "./task-groups.ts";
import { volumeMounts } from "./volumes.ts";

/** Name of the container that runs the Intent's image. */
export const MAIN_CONTAINER = "main";

/** Where the first of communicating tasks listens; the port that PyTorch takes when it is told none. */
const RENDEZVOUS_PORT = 29_500;

/** The container that runs the Intent's image, as one of the group's tasks. */
export function mainContainer(context: WorkloadContext, group: TaskGroup): V1Container {
  const { image, commands } = context.workload;
  const command = containerCommand(commands);
  const mounts = volumeMounts(context);
  const env = containerEnvironment(context, group);
  const containerPorts = ports(context).map(
    ({ name, port, protocol }): V1ContainerPort => ({ name, containerPort: port, protocol }),
  );
  return {
    name: MAIN_CONTAINER,
    image,
    ...(command === undefined ? {} : { command }),
    ...(env.length === 0 ? {} : { env }),
    ...(containerPorts.length === 0 ? {} : { ports: containerPorts }),
    resources: containerResources(context, group),
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
    ...probes(context),
    securityContext: containerSecurityContext(context),
  };
}

/** What the Intent sets comes last, so it wins. */
function containerEnvironment(context: WorkloadContext, group: TaskGroup): V1EnvVar[] {
  const own = [...environment(context.workload.env), ...secretEnvironment(context)];
  const set = new Map([...rendezvous(context, group), ...own].map((variable) => [variable.name, variable]));
  return [...set.values()];
}

/** How communicating tasks find each other. Their own number is JOB_COMPLETION_INDEX, set by Kubernetes. */
function rendezvous(context: WorkloadContext, group: TaskGroup): V1EnvVar[] {
  if (!tasksCommunicate(context)) return [];
  return [
    { name: "FLARE_TASKS", value: String(taskCount(context)) },
    { name: "FLARE_TASK_OFFSET", value: String(group.offset) },
    { name: "MASTER_ADDR", value: `${groupName(context, 0)}-0.${tasksServiceName(context)}` },
    { name: "MASTER_PORT", value: String(RENDEZVOUS_PORT) },
  ];
}

/** GPUs as request and as limit, which must be equal; CPU and memory as requests, with limits by configuration. */
export function containerResources(
  { workload, options }: WorkloadContext,
  group: Pick<TaskGroup, "resource" | "units">,
): V1ResourceRequirements {
  const { cpu, memory } = workload.resources;
  const gpus = group.units > 0 ? { [group.resource]: String(group.units) } : {};
  const requests = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  const factors: Readonly<Record<string, number | undefined>> = options.limits ?? DEFAULTS.limits;
  const limits = Object.entries(requests).flatMap(([name, request]) => {
    const factor = factors[name];
    const limit = factor === undefined ? undefined : timesQuantity(request, Math.max(1, factor));
    return limit === undefined ? [] : [[name, limit] as const];
  });
  return { requests: { ...requests, ...gpus }, limits: { ...Object.fromEntries(limits), ...gpus } };
}

/**
 * Probes of the first exposed TCP port. Only a Service is restarted when it stops to answer: a Batch task may be
 * busy, and says by its exit code how it went.
 */
function probes(
  context: WorkloadContext,
): Pick<V1Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const exposed = ports(context).find(({ expose, protocol }) => expose && protocol === "TCP");
  if (exposed === undefined) return {};
  const tcpSocket = { port: exposed.name };
  const readinessProbe: V1Probe = { tcpSocket, periodSeconds: 10, failureThreshold: 3 };
  if (context.workload.type === "Batch") return { readinessProbe };
  const patience = context.options.startupSeconds ?? DEFAULTS.startupSeconds;
  return {
    startupProbe: { tcpSocket, periodSeconds: 10, failureThreshold: Math.max(1, Math.ceil(patience / 10)) },
    readinessProbe,
    livenessProbe: { tcpSocket, periodSeconds: 20, failureThreshold: 3 },
  };
}
