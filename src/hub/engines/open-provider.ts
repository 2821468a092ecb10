import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, Resource, Target } from "../../kubernetes/objects.ts";
import { createLimit } from "../../kubernetes/timing.ts";
import type { ProviderEntry } from "../providers/directory.ts";
import type { StepResult } from "./engine.ts";
import { NAMESPACES } from "./resources.ts";

export type Failure = Extract<StepResult, { ok: false }>;
export const failure = (reason: string, message: string): Failure => ({ ok: false, reason, message });

/** The provider's client, or why there is no use in trying. One that is paused or leaves is still cleaned and kept current. */
export function openTo(
  entry: ProviderEntry | undefined,
  name: string,
): { readonly client: KubeClient } | Failure {
  if (entry === undefined) return failure("ProviderGone", `there is no Provider ${name} any more`);
  const client = entry.client();
  if (client === undefined)
    return failure("ProviderUnreachable", `Provider ${name} has no kubeconfig that works`);
  // Nobody waits for an answer that will not come; its return is noticed by the probes.
  const unreachable = entry.unreachable();
  return unreachable === undefined ? { client } : failure("ProviderUnreachable", unreachable);
}

/** A provider may be slow, but not for ever: what it does not answer is a failure, and tried again. */
const PATIENCE_MS = 15_000;

export async function bounded<T extends StepResult>(
  signal: AbortSignal,
  work: (within: AbortSignal) => Promise<T>,
): Promise<T | Failure> {
  const limit = createLimit(signal, PATIENCE_MS);
  try {
    return await work(limit.signal);
  } catch (error) {
    if (limit.isOver()) return failure("ProviderTimeout", `no answer within ${PATIENCE_MS / 1000} s`);
    // Fenced, or the hub stops: that is no fault of the provider.
    if (!isKubeError(error) || error.code === "aborted") throw error;
    return failure(
      error.status === undefined ? "ProviderUnreachable" : error.reason || "Refused",
      error.message,
    );
  } finally {
    limit.dispose();
  }
}

export const readNamespace = (
  client: Pick<KubeClient, "get">,
  name: string,
  signal: AbortSignal,
): Promise<KubeObject | undefined> => readObject(client, NAMESPACES, { name }, signal);

/** The object as the API has it now, undefined where it is not. Throws KubeError. */
export async function readObject(
  client: Pick<KubeClient, "get">,
  resource: Resource,
  target: Target,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return await client.get<KubeObject>(resource, target, { signal });
  } catch (error) {
    if (isKubeError(error, "not-found")) return undefined;
    throw error;
  }
}
