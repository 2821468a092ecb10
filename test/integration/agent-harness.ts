import { FIELD_MANAGER } from "../../src/agent/node-view.ts";
import type { AgentDeps, AgentOptions, ExitCode } from "../../src/agent/options.ts";
import type { CompileOverlay } from "../../src/agent/overlay.ts";
import { runAgent } from "../../src/agent/run-agent.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { type KubeObject, NODES } from "../../src/kubernetes/objects.ts";
import type { MappingResult } from "../../src/mapping/result.ts";
import { createLogger, type Logger } from "../../src/observability/logger.ts";

/** A log that keeps its lines, to look at when a test fails and for what people read. */
export function memoryLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return { log: createLogger({ level: "info", write: (line) => lines.push(JSON.parse(line)) }), lines };
}

/** A mapping simple enough to read off: the product label is the model, the overlay's text is the region. */
export const simpleTables: CompileOverlay = (sources) => {
  const broken = sources.filter(({ text }) => text.includes("broken"));
  if (broken.length > 0) return { ok: false, problems: broken.map(({ file }) => `${file}:1:1: broken`) };
  const region = sources.map(({ text }) => text).join();
  return {
    ok: true,
    map: ({ labels, hardware, draDevices }) => {
      const product = labels["nvidia.com/gpu.product"] ?? draDevices?.[0]?.attributes.productName?.toString();
      const count = labels["nvidia.com/gpu.count"] ?? String(draDevices?.length ?? 1);
      return mapSimply(product, count, region, hardware?.networkGbps);
    },
  };
};

function mapSimply(
  product: string | undefined,
  count: string,
  region: string,
  gbps: number | undefined,
): MappingResult {
  if (product === undefined) return { annotations: {}, labels: {}, devices: [], problems: [] };
  const known = product !== "Mystery";
  return {
    annotations: {
      "gpu.fluidos.eu/vendor": "nvidia",
      "gpu.fluidos.eu/count": count,
      ...(known ? { "gpu.fluidos.eu/model": product.toLowerCase() } : {}),
      ...(region === "" ? {} : { "location.fluidos.eu/region": region }),
      ...(gbps === undefined ? {} : { "network.fluidos.eu/bandwidth-gbps": String(gbps) }),
    },
    labels: { "node.fluidos.eu/gpu": "true" },
    devices: [
      {
        resource: "nvidia.com/gpu",
        vendor: "nvidia",
        count: Number(count),
        replicas: 1,
        sharing: "none",
        ...(known ? { model: product.toLowerCase() } : {}),
      },
    ],
    problems: known
      ? []
      : [{ code: "unknown-product", severity: "warning", subject: product, message: "unknown" }],
  };
}

export interface RunningAgent {
  readonly lines: Record<string, unknown>[];
  readonly printed: string[];
  readonly exit: Promise<ExitCode>;
  /** What /metrics, /readyz or /healthz answer. */
  fetch(path: string): Promise<{ status: number; body: string }>;
  stop(): Promise<ExitCode>;
}

/** Runs an agent in this process, quick in its habits. */
export function startAgent(
  kubeconfigText: string,
  options: Partial<AgentOptions> & { node: string },
  deps: Partial<AgentDeps> = {},
): RunningAgent {
  const stopper = new AbortController();
  const { log, lines } = memoryLog();
  const printed: string[] = [];
  let port = 0;
  const client = createClient({ kubeconfigText });
  const exit = runAgent(
    {
      graceMs: 60_000,
      debounceMs: 20,
      maxWaitMs: 200,
      silenceMs: 30_000,
      schedule: { everyMs: 600_000 },
      dra: true,
      listen: { host: "127.0.0.1", port: 0 },
      ...options,
    },
    {
      client,
      compile: simpleTables,
      log,
      signal: stopper.signal,
      random: () => 0.02, // short backoff
      print: (text) => printed.push(text),
      onListening: (listening) => {
        port = listening;
      },
      ...deps,
    },
  ).finally(() => client.close());
  return {
    lines,
    printed,
    exit,
    fetch: async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.text() };
    },
    stop: async () => {
      stopper.abort();
      return exit;
    },
  };
}

/** What a test looks at on a Node. */
export interface NodeMetadataView {
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
  /** Keys that the agent owns. */
  readonly owned: readonly string[];
}

/** Does to Nodes what people and operators do. */
export function nodesOf(client: KubeClient) {
  return {
    create: async (name: string, labels: Record<string, string> = {}): Promise<void> => {
      await client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name, labels } });
    },
    /** Sets or (null) removes labels, as an operator does. */
    label: async (name: string, labels: Record<string, string | null>): Promise<void> => {
      await client.patch(NODES, { name }, { metadata: { labels } });
    },
    annotate: async (name: string, annotations: Record<string, string | null>): Promise<void> => {
      await client.patch(NODES, { name }, { metadata: { annotations } });
    },
    delete: (name: string): Promise<void> => client.delete(NODES, { name }),
    read: async (name: string): Promise<NodeMetadataView> => {
      const { metadata = {} } = await client.get<KubeObject>(NODES, { name });
      const entry = metadata.managedFields?.find(({ manager }) => manager === FIELD_MANAGER);
      const fields = (entry?.fieldsV1 ?? {}) as Record<string, Record<string, Record<string, unknown>>>;
      const owned = [
        ...Object.keys(fields["f:metadata"]?.["f:annotations"] ?? {}),
        ...Object.keys(fields["f:metadata"]?.["f:labels"] ?? {}),
      ];
      return {
        annotations: metadata.annotations ?? {},
        labels: metadata.labels ?? {},
        resourceVersion: metadata.resourceVersion ?? "",
        owned: owned
          .filter((field) => field.startsWith("f:"))
          .map((field) => field.slice(2))
          .sort(),
      };
    },
  };
}

/** A client that cannot list ConfigMaps until its gate is opened. */
export function configMapsRefused(client: KubeClient): { client: KubeClient; open: () => void } {
  let open = false;
  const list: KubeClient["list"] = (resource, query, options) => {
    if (resource.plural === "configmaps" && !open) throw new Error("refused");
    return client.list(resource, query, options);
  };
  return {
    client: { ...client, list },
    open: () => {
      open = true;
    },
  };
}
