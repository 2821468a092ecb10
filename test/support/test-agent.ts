/** An agent in this process, with the built-in tables, in a hurry: what takes seconds in production takes a fraction here. */
import { readdirSync, readFileSync } from "node:fs";
import { AGENT_DEFAULTS, type AgentOptions, type ExitCode } from "../../src/agent/options.ts";
import type { CompileOverlay } from "../../src/agent/overlay.ts";
import { runAgent } from "../../src/agent/run-agent.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { compileTables } from "../../src/mapping/compile-tables.ts";
import { mapNode } from "../../src/mapping/map-node.ts";
import { parseTable, type Table } from "../../src/mapping/parse-table.ts";
import { createLogger } from "../../src/observability/logger.ts";

export interface TestAgent {
  /** The port of health and metrics. */
  readonly port: number;
  readonly metrics: () => Promise<string>;
  /** Value of one series, by its name with labels as exposed. */
  readonly metric: (series: string) => Promise<number | undefined>;
  /** What it logged, a line each. */
  readonly log: readonly string[];
  /** Ends it as SIGTERM does; resolves to the exit code. */
  readonly stop: () => Promise<ExitCode>;
}

export type TestAgentOptions = Partial<AgentOptions> & { readonly node: string };

const IN_A_HURRY = { graceMs: 1000, debounceMs: 50, maxWaitMs: 500, silenceMs: 60_000 };

/** Starts an agent; resolves when it serves health and metrics. */
export async function startTestAgent(kubeconfig: string, options: TestAgentOptions): Promise<TestAgent> {
  const client = createClient({ kubeconfigText: kubeconfig });
  const ending = new AbortController();
  const log: string[] = [];
  let ended: Promise<ExitCode> | undefined;
  const port = await new Promise<number>((resolve, reject) => {
    const listen = { host: "127.0.0.1", port: 0 };
    ended = runAgent(
      { ...AGENT_DEFAULTS, ...IN_A_HURRY, listen, ...options },
      {
        client,
        compile: compileWithBuiltIn,
        log: createLogger({ level: "info", write: (line) => log.push(line) }),
        signal: ending.signal,
        onListening: resolve,
        random: () => 0.1, // short backoff
      },
    );
    ended.then((code) => reject(new Error(`the agent ended with ${code}:\n${log.join("")}`)), reject);
  });
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return {
    port,
    log,
    metrics,
    metric: async (series) => readSeries(await metrics(), series),
    stop: async () => {
      ending.abort();
      const code = await ended;
      client.close();
      return code ?? 1;
    },
  };
}

let builtIn: readonly Table[] | undefined;

const compileWithBuiltIn: CompileOverlay = (sources) => {
  builtIn ??= readdirSync("mappings").map((file) =>
    tableOf({
      file: `mappings/${file}`,
      text: readFileSync(`mappings/${file}`, "utf8"),
      origin: "built-in" as const,
    }),
  );
  const compiled = compileTables(sources, builtIn);
  return compiled.ok ? { ok: true, map: (facts) => mapNode(compiled.tables, facts) } : compiled;
};

function tableOf(source: Parameters<typeof parseTable>[0]): Table {
  const parsed = parseTable(source);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.table;
}

function readSeries(exposition: string, series: string): number | undefined {
  const line = exposition.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
