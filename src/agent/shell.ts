import { createEventRecorder } from "../kubernetes/event-recorder.ts";
import type { MappingResult } from "../mapping/result.ts";
import { createMetrics, gauge, type Metrics, registerProcessMetrics } from "../observability/metrics.ts";
import { createInventoryMetrics } from "./inventory-metrics.ts";
import { type AgentMetrics, createAgentMetrics } from "./metrics.ts";
import { FIELD_MANAGER, type NodeView } from "./node-view.ts";
import type { AgentDeps, AgentOptions } from "./options.ts";
import type { PassShell } from "./pass.ts";

/** What an agent acts through: its metrics, its Events, its pass. One per agent. */
export interface AgentShell {
  readonly registry: Metrics;
  readonly metrics: AgentMetrics;
  readonly pass: PassShell;
  /** Takes back what the metrics tell of a Node that is gone. */
  forget(): void;
  /** Sends the Events that wait, for half a second at most. */
  flush(): Promise<void>;
}

const NOTHING: MappingResult = { annotations: {}, labels: {}, devices: [], problems: [] };

/** Creates the shell of an agent. */
export function createShell(options: AgentOptions, deps: AgentDeps): AgentShell {
  const now = deps.now ?? Date.now;
  const registry = createMetrics();
  registerProcessMetrics(registry);
  registerBuild(registry, deps.version ?? "unknown");
  const metrics = createAgentMetrics(registry);
  const events = createEventRecorder({
    client: deps.client,
    component: FIELD_MANAGER,
    instance: options.node,
    onError: (error) => deps.log.debug({ error: String(error) }, "an Event could not be recorded"),
    now,
  });
  const dryRun = options.dryRun === true;
  const inventory = createInventoryMetrics(registry);
  return {
    registry,
    metrics,
    pass: {
      client: deps.client,
      log: deps.log,
      metrics,
      inventory,
      tell: (view, event) => {
        if (!dryRun) events.record(subjectOf(view), event);
      },
      print: deps.print ?? (() => undefined),
      dryRun,
      graceMs: options.graceMs,
      now,
    },
    forget: () => {
      inventory(options.node, NOTHING, {});
      metrics.overridden([]);
      metrics.withdrawing(0);
    },
    flush: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, 500);
      });
      await Promise.race([events.flush(), late]);
      clearTimeout(timer);
    },
  };
}

function subjectOf(view: NodeView) {
  return { apiVersion: "v1", kind: "Node", name: view.name, uid: view.uid };
}

function registerBuild(registry: Metrics, version: string): void {
  const info = gauge(registry, {
    name: "flare_agent_build_info",
    help: "Version of this agent and of the Node.js it runs on; always 1.",
    labels: ["version", "node_version"],
  });
  info.set({ version, node_version: process.version }, 1);
}
