import { AGENT_DEFAULTS, type AgentOptions } from "../agent/options.ts";
import { runAgent } from "../agent/run-agent.ts";
import { createLogger } from "../observability/logger.ts";
import { agentTables } from "./agent-tables.ts";
import type { DemoCluster } from "./demo-clusters.ts";

/** What an agent of the demo does beside the usual. */
export interface DemoAgentOptions extends Pick<AgentOptions, "overlayConfigMap"> {
  /** Have FLUIDOS make Flavors of the nodes. */
  readonly fluidosLabel?: boolean;
}

/** An agent for each GPU node, quicker to react than in production, where a second more costs nobody anything. */
export function startAgents(
  { client, gpuNodes }: Pick<DemoCluster, "client" | "gpuNodes">,
  signal: AbortSignal,
  { overlayConfigMap, fluidosLabel = false }: DemoAgentOptions = {},
): readonly Promise<unknown>[] {
  const compile = agentTables({ aliases: false, fluidosLabel });
  const log = createLogger({ level: "error" });
  const haste = { debounceMs: 200, maxWaitMs: 1000, graceMs: 60_000, overlayConfigMap };
  return gpuNodes.map((node) =>
    runAgent({ ...AGENT_DEFAULTS, ...haste, node }, { client, compile, log, signal, version: "demo" }),
  );
}
