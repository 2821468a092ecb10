import { NAMESPACE_OFFLOADINGS } from "../../../fluidos/kinds.ts";
import { buildNamespaceOffloading } from "../../../fluidos/liqo.ts";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import type { KubeObject } from "../../../kubernetes/objects.ts";
import { joinName } from "../../../workload/names.ts";
import { HUB_MANAGER } from "../../manager.ts";
import { type Failure, failure } from "../open-provider.ts";
import { NAMESPACES } from "../resources.ts";
import type { ConsumerView } from "./consumer-view.ts";
import type { Mark } from "./deal-mark.ts";
import type { DoneDeal } from "./deal-work.ts";

export interface Offloading {
  readonly client: KubeClient;
  readonly view: ConsumerView;
  readonly namespace: string;
  readonly mark: Mark;
  readonly deals: readonly DoneDeal[];
  readonly timeoutMs: number;
  readonly now: () => number;
}

/**
 * Opens the namespace of an Intent to the clusters that it bought of, before there are pods in it: those that are made
 * earlier stay pending. Undefined once Liqo has the namespace there too. Throws KubeError.
 */
export async function openNamespace(
  { client, view, namespace, mark, deals, timeoutMs, now }: Offloading,
  wanted: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const localCluster = deals[0]?.buyerCluster ?? "";
  const known = view.offloading(namespace);
  // Once it is there it is waited for: each look would else write both again.
  if (known === undefined) {
    const own = wanted.find(({ kind }) => kind === "Namespace");
    const how = { fieldManager: HUB_MANAGER, force: true, signal };
    if (own !== undefined) await client.apply(NAMESPACES, own, how);
    const offloading = buildNamespaceOffloading({
      namespace,
      ...mark,
      localCluster,
      remoteClusters: deals.map(({ sellerCluster }) => sellerCluster),
      shortName: joinName(namespace, localCluster),
    });
    await client.apply(NAMESPACE_OFFLOADINGS, offloading, how);
  }
  const { phase = "", createdAt } = view.offloading(namespace) ?? {};
  if (phase === "Ready") return undefined;
  const message = `Liqo opens namespace ${namespace} to its provider`;
  if (createdAt !== undefined && now() - createdAt > timeoutMs)
    return {
      ...failure("CandidateNotOffloaded", `${message} (${phase || "not begun"}), and is not done in time`),
      outlook: "hopeless",
    };
  const said = ["", "InProgress"].includes(phase) ? "" : ` (${phase})`;
  return { ...failure("Offloading", `${message}${said}`), outlook: "under-way" };
}
