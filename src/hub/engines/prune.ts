import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { ownedSelector } from "../../workload/identity.ts";
import type { IntentIdentity } from "../../workload/names.ts";
import { resourceOf } from "./resources.ts";

/**
 * Kinds that a changed spec may want no more, and that do something while they are there: lead to the pods from outside,
 * change their number. Secrets and volumes that are used no more stay until the Intent ends, and do nothing.
 */
const PRUNED = ["Ingress", "HorizontalPodAutoscaler", "Service"] as const;

export interface PruneTarget {
  readonly hub: string;
  readonly intent: IntentIdentity;
  readonly namespace: string;
  /** All that the Intent wants there. */
  readonly wanted: readonly KubeObject[];
}

/** Deletes objects of the Intent that an earlier spec wanted and this one does not. Throws KubeError. */
export async function prune(client: KubeClient, target: PruneTarget, signal: AbortSignal): Promise<void> {
  const { hub, intent, namespace, wanted } = target;
  for (const kind of PRUNED) {
    const resource = resourceOf({ kind });
    const names = new Set(wanted.filter((each) => each.kind === kind).map(({ metadata }) => metadata?.name));
    const query = { namespace, labelSelector: ownedSelector(hub, intent) };
    try {
      for await (const page of client.list<KubeObject>(resource, query, { signal })) {
        const unwanted = page.items.map(({ metadata }) => metadata?.name).filter((name) => !names.has(name));
        for (const name of unwanted) await client.delete(resource, { namespace, name }, { signal });
      }
    } catch (error) {
      // A server that does not know the kind has none of it.
      if (!isKubeError(error, "not-found")) throw error;
    }
  }
}
