import type { V1Ingress } from "@kubernetes/client-node";
import { metadata, type WorkloadContext, workloadContext } from "./context.ts";
import type { WorkloadInput } from "./input.ts";
import type { Manifest } from "./manifest.ts";
import { ports, type WorkloadPort } from "./ports.ts";

export interface Route {
  /** Never empty: an Ingress without a host would catch everybody's traffic. */
  readonly host: string;
  readonly port: WorkloadPort;
}

/**
 * The hosts under which exposed ports are reached: a port's own domain, or one below the provider's. HTTP runs over
 * TCP, so a UDP port has no route; where two ports ask for the same host, the first has it.
 */
export function routes(context: Pick<WorkloadContext, "workload" | "options" | "base">): readonly Route[] {
  const exposed = ports(context).filter(({ expose, protocol }) => expose && protocol === "TCP");
  const byHost = new Map<string, Route>();
  for (const [index, port] of exposed.entries()) {
    const host = port.host ?? defaultHost(context, index === 0 ? "" : `-${port.port}`);
    if (host !== undefined && !byHost.has(host)) byHost.set(host, { host, port });
  }
  return [...byHost.values()];
}

function defaultHost(
  { options, base }: Pick<WorkloadContext, "options" | "base">,
  suffix: string,
): string | undefined {
  const domain = options.ingress?.domain;
  return domain === undefined || domain === "" ? undefined : `${base}${suffix}.${domain}`;
}

/** The Ingress of the exposed ports; none where nothing has a host. */
export function ingresses(context: WorkloadContext): Manifest<V1Ingress>[] {
  const all = routes(context);
  if (all.length === 0) return [];
  const { className, annotations, tls } = context.options.ingress ?? {};
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: metadata(context, context.base, { annotations: annotations ?? {} }),
      spec: {
        ...(className === undefined ? {} : { ingressClassName: className }),
        ...(tls === undefined
          ? {}
          : {
              tls: [
                { hosts: all.map(({ host }) => host), secretName: tls.secretName ?? `${context.base}-tls` },
              ],
            }),
        rules: all.map(({ host, port }) => ({
          host,
          http: {
            paths: [
              {
                path: "/",
                pathType: "Prefix",
                backend: { service: { name: context.base, port: { name: port.name } } },
              },
            ],
          },
        })),
      },
    },
  ];
}

/** Where people reach the workload: `https` only with a certificate. Undefined where no one host leads to it. */
export function workloadUrl(input: WorkloadInput): string | undefined {
  const first = routes(workloadContext(input)).find(({ host }) => !host.startsWith("*"));
  if (first === undefined) return undefined;
  return `${input.options.ingress?.tls === undefined ? "http" : "https"}://${first.host}/`;
}
