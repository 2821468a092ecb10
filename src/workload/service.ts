import type { V1Service } from "@kubernetes/client-node";
import { metadata, tasksCommunicate, tasksServiceName, type WorkloadContext } from "./context.ts";
import { podSelector } from "./identity.ts";
import { routes } from "./ingress.ts";
import type { Manifest } from "./manifest.ts";
import { ports } from "./ports.ts";

/** The Service of the workload's ports, and the headless one by which communicating tasks find each other. */
export function services(context: WorkloadContext): Manifest<V1Service>[] {
  const all = ports(context);
  const selector = podSelector(context.intent);
  const tasks: Manifest<V1Service> = {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(context, tasksServiceName(context)),
    // The tasks must find each other before they can become ready.
    spec: { clusterIP: "None", publishNotReadyAddresses: true, selector },
  };
  const main: Manifest<V1Service> = {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(context, context.base),
    spec: {
      type: serviceType(context),
      selector,
      ports: all.map(({ name, port, protocol }) => ({ name, port, protocol, targetPort: name })),
    },
  };
  return [...(all.length > 0 ? [main] : []), ...(tasksCommunicate(context) ? [tasks] : [])];
}

/** Only an exposed port that no Ingress leads to needs more than an address inside of the cluster. */
export function serviceType(context: WorkloadContext): "ClusterIP" | "NodePort" | "LoadBalancer" {
  const routed = new Set(routes(context).map(({ port }) => port.name));
  const isBare = ports(context).some(({ expose, name }) => expose && !routed.has(name));
  return isBare ? (context.options.exposeAs ?? "ClusterIP") : "ClusterIP";
}
