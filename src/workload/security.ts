import type { V1PodSecurityContext, V1SecurityContext } from "@kubernetes/client-node";
import type { WorkloadContext } from "./context.ts";
import type { WorkloadInput } from "./input.ts";
import { DEFAULTS } from "./options.ts";

/** Level of the Pod Security Standards that a workload's namespace enforces, and why where it is the weaker one. */
export interface PodSecurityLevel {
  readonly level: "restricted" | "baseline";
  readonly reason?: string;
}

/** `restricted`, except for images that the configuration says need root. */
export function podSecurityLevel({
  intent,
  options,
}: Pick<WorkloadInput, "intent" | "options">): PodSecurityLevel {
  const { image } = intent.spec.workload;
  const prefix = options.podSecurity?.rootImages?.find((start) => beginsWith(image, start));
  if (prefix === undefined) return { level: "restricted" };
  return { level: "baseline", reason: `image ${image} needs root: the hub's configuration lists ${prefix}` };
}

/** Whole parts of a name: `nvcr.io` is no beginning of `nvcr.io.example.org/x`, whose registry is anybody's. */
function beginsWith(image: string, start: string): boolean {
  const isTag = /\/[^/]*[:@]/.test(start);
  return (
    image.startsWith(start) && (isTag || /[/:@]$/.test(start) || /^([/:@]|$)/.test(image.slice(start.length)))
  );
}

/** Security context of the pods, as their namespace's level wants it. */
export function podSecurityContext(context: WorkloadContext): V1PodSecurityContext {
  const { runAsUser = DEFAULTS.runAsUser, supplementalGroups = [] } = context.options.podSecurity ?? {};
  const isRestricted = podSecurityLevel(context).level === "restricted";
  const user = runAsUser === "image" ? undefined : runAsUser;
  return {
    ...(isRestricted ? { runAsNonRoot: true } : {}),
    ...(isRestricted && user !== undefined ? { runAsUser: user, runAsGroup: user } : {}),
    // Volumes belong to this group, or a user other than root could not write to them.
    ...(isRestricted ? { fsGroup: user ?? DEFAULTS.runAsUser, fsGroupChangePolicy: "OnRootMismatch" } : {}),
    ...(supplementalGroups.length > 0 ? { supplementalGroups: [...supplementalGroups] } : {}),
    seccompProfile: { type: "RuntimeDefault" },
    ...(isRestricted && hasLowPort(context)
      ? { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] }
      : {}),
  };
}

/** Ports that only root may listen on, unless the pod's network says otherwise. */
const hasLowPort = ({ workload }: WorkloadContext): boolean =>
  (workload.ports ?? []).some(({ port }) => port < 1024);

export function containerSecurityContext(context: WorkloadContext): V1SecurityContext {
  if (podSecurityLevel(context).level === "baseline") return { allowPrivilegeEscalation: false };
  return { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
}
