import type { Provider } from "../../intent/resources.ts";

/** Why nothing new is placed at a provider, however well it answers. What runs there is still looked after. */
export interface Closure {
  /** One CamelCase word. */
  readonly reason: "Leaving" | "Paused";
  readonly message: string;
}

/** Whether somebody wants the provider to be gone. */
export const isLeaving = ({ metadata }: Provider): boolean => metadata.deletionTimestamp !== undefined;

/** Undefined where only the connection may be in the way. */
export function closureOf(provider: Provider): Closure | undefined {
  const name = provider.metadata.name ?? "";
  if (isLeaving(provider))
    return {
      reason: "Leaving",
      message: `provider ${name} is being removed: what runs there moves elsewhere`,
    };
  if (provider.spec.paused) return { reason: "Paused", message: `provider ${name} is paused` };
  return undefined;
}
