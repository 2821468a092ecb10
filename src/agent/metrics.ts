import type { ReflectorState } from "../kubernetes/reflector-state.ts";
import { counter, gauge, type Metrics } from "../observability/metrics.ts";
import { keyOfField } from "./fields.ts";
import type { OverriddenField } from "./ownership.ts";

/** How a pass ended. */
export const PASS_RESULTS = ["published", "unchanged", "failed", "dry-run"] as const;
export type PassResult = (typeof PASS_RESULTS)[number];

/** Why a watch had to be opened again. */
const RESTART_STATES = ["CLOSED", "EXPIRED", "SILENT", "BROKEN", "GARBLED", "REFUSED"] as const;
export type WatchName = "node" | "resourceslices" | "configmap";

/** More series than this of one kind help nobody and cost Prometheus memory. */
const MAX_SERIES = 64;

/** What the agent counts. One per agent. */
export interface AgentMetrics {
  passEnded(result: PassResult, atMs: number): void;
  watchState(watch: WatchName, state: ReflectorState): void;
  overridden(fields: readonly OverriddenField[]): void;
  overlayProblems(count: number): void;
  withdrawing(fields: number): void;
}

/** Registers the agent's metrics of its own work. */
export function createAgentMetrics(metrics: Metrics): AgentMetrics {
  const passes = counter(metrics, {
    name: "flare_agent_publishes_total",
    help: "Passes over the node by result: published (the Node was written), unchanged (nothing to write), failed, dry-run.",
    labels: ["result"],
  });
  for (const result of PASS_RESULTS) passes.inc({ result }, 0);
  const succeeded = gauge(metrics, {
    name: "flare_agent_last_success_timestamp_seconds",
    help: "When a pass last succeeded, in seconds since 1970; 0 before the first.",
  });
  const overlay = gauge(metrics, {
    name: "flare_agent_overlay_problems",
    help: "Problems in the site's mapping tables; while there are any, the last good tables stay in force.",
  });
  const withdrawing = gauge(metrics, {
    name: "flare_agent_withdrawals_pending",
    help: "Published keys that are no longer backed by facts and will be withdrawn when the grace period ends.",
  });
  const overridden = gauge(metrics, {
    name: "flare_agent_overridden_keys",
    help: "Keys this agent would publish with another value, but which another field manager owns; always 1.",
    labels: ["key", "manager"],
  });
  return {
    passEnded: (result, atMs) => {
      passes.inc({ result });
      if (result !== "failed") succeeded.set(Math.round(atMs / 1000));
    },
    watchState: watchMetrics(metrics),
    overridden: (fields) => {
      overridden.reset();
      for (const { field, manager } of fields.slice(0, MAX_SERIES))
        overridden.set({ key: keyOfField(field), manager }, 1);
    },
    overlayProblems: (count) => overlay.set(count),
    withdrawing: (fields) => withdrawing.set(fields),
  };
}

function watchMetrics(metrics: Metrics): AgentMetrics["watchState"] {
  const lists = counter(metrics, {
    name: "flare_agent_lists_total",
    help: "Full lists read from the Kubernetes API. At rest this stands still.",
    labels: ["watch"],
  });
  const restarts = counter(metrics, {
    name: "flare_agent_watch_restarts_total",
    help:
      "Watches that ended, by cause: closed (by the server, normal), expired (410), silent (nothing heard), broken (network), " +
      "garbled (not an event), refused (HTTP error).",
    labels: ["watch", "reason"],
  });
  const connected = gauge(metrics, {
    name: "flare_agent_watch_connected",
    help: "1 while the watch is open, 0 while it is being opened again.",
    labels: ["watch"],
  });
  for (const state of RESTART_STATES) restarts.inc({ watch: "node", reason: state.toLowerCase() }, 0);
  return (watch, state) => {
    if (state.name === "LIST") lists.inc({ watch });
    else if (state.name === "WATCH") connected.set({ watch }, 1);
    else if (isRestart(state.name)) {
      restarts.inc({ watch, reason: state.name.toLowerCase() });
      connected.set({ watch }, 0);
    }
  };
}

function isRestart(name: ReflectorState["name"]): boolean {
  return RESTART_STATES.some((state) => state === name);
}
