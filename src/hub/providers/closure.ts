import type { Provider } from "../../intent/resources.ts";

/** Why nothing new is placed at a provider, however well it answers. What runs there is still looked after. */
export interface Closure {
  /** One CamelCase word. */
  readonly reason: "Leaving" | "SameCluster" | "Paused";
  readonly message: string;
}

/** Whether somebody wants the provider to be gone. */
export const isLeaving = ({ metadata }: Provider): boolean => metadata.deletionTimestamp !== undefined;

/** Undefined where only the connection may be in the way. `twin`: the Provider whose cluster this one is as well. */
export function closureOf(provider: Provider, twin: string | undefined): Closure | undefined {
  const name = provider.metadata.name ?? "";
  if (isLeaving(provider))
    return {
      reason: "Leaving",
      message: `provider ${name} is being removed: what runs there moves elsewhere`,
    };
  if (twin !== undefined)
    return {
      reason: "SameCluster",
      message: `provider ${name} is the same cluster as provider ${twin}, by the uid of namespace kube-system: its GPUs count there; delete one of the two`,
    };
  if (provider.spec.paused) return { reason: "Paused", message: `provider ${name} is paused` };
  return undefined;
}
