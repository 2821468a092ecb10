import type { KubeIntent } from "../../hub/intents/intent-view.ts";
import type { ToldIntent } from "./user-hub.ts";

/** An Intent of the API server as it is told to people. */
export function toldIntent(intent: KubeIntent): ToldIntent {
  const { metadata = {}, status = {} } = intent;
  const { placement, cost, queue, decision } = status;
  return {
    uid: metadata.uid ?? "",
    name: metadata.name ?? "",
    namespace: metadata.namespace ?? "",
    phase: status.phase ?? "Pending",
    message: status.message ?? "",
    createdAt: metadata.creationTimestamp,
    placement,
    rate: cost?.rate,
    cost: cost?.accrued,
    queue,
    url: status.workloadURL,
    gpuUtilization: status.gpuUtilization,
    conditions: (status.conditions ?? []).map((each) => [each.type, each.status, each.reason, each.message]),
    alternatives: (decision?.alternatives ?? []).map(({ offer, model, rate }) => [
      offer,
      model ?? "-",
      rate ?? "-",
    ]),
    end: endOf(intent),
    document: intent,
  };
}

function endOf({ status = {}, metadata = {} }: KubeIntent): ToldIntent["end"] {
  // An older end is none when the spec was changed since.
  if (status.observedGeneration !== metadata.generation) return undefined;
  if (status.phase === "Completed") return "completed";
  return status.phase === "Failed" || status.phase === "Cancelled" ? "failed" : undefined;
}
