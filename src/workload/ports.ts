import type { WorkloadContext } from "./context.ts";

export interface WorkloadPort {
  /** `tcp-8080`: at most 15 characters, as Kubernetes wants port names. */
  readonly name: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  readonly expose: boolean;
  /** Host name of the Ingress, lower case; absent where none was given or it is none. */
  readonly host?: string;
}

const HOST =
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** The workload's ports, each number and protocol once: a port named twice is exposed if one of them is. */
export function ports({ workload }: Pick<WorkloadContext, "workload">): readonly WorkloadPort[] {
  const byName = new Map<string, WorkloadPort>();
  for (const { port, protocol, expose, domain } of workload.ports ?? []) {
    const name = `${protocol.toLowerCase()}-${port}`;
    const before = byName.get(name);
    const host = before?.host ?? hostOf(domain);
    byName.set(name, {
      name,
      port,
      protocol,
      expose: expose === true || before?.expose === true,
      ...(host === undefined ? {} : { host }),
    });
  }
  return [...byName.values()];
}

function hostOf(domain: string | undefined): string | undefined {
  const host = domain?.trim().toLowerCase().replace(/\.$/, "") ?? "";
  return HOST.test(host) ? host : undefined;
}
