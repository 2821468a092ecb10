/** The hub of the bench, in a process of its own that tells what it did. */
import type { ChildProcess } from "node:child_process";
import { hubConfigSchema } from "../../src/hub/config.ts";
import type { Controller } from "../../src/hub/controller.ts";
import { createIntentController } from "../../src/hub/intents/controller.ts";
import { runHub } from "../../src/hub/run-hub.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import type { Resource } from "../../src/kubernetes/objects.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { resolveModel } from "../../test/integration/intents-harness.ts";
import { hubCommand } from "../../test/support/manifests.ts";
import { REGIONS } from "../../test/unit/hub/builders.ts";
import { cpuMillisecondsOf, type Memory, memoryOf } from "../support/proc.ts";
import { clock, endChild, nextMessage, startRole } from "./processes.ts";

/** How often the hub made a call, by verb and resource: `update intents/status`. */
export type Calls = Readonly<Record<string, number>>;

/** What the hub's process tells. */
type Message =
  | { readonly type: "synced"; readonly offers: number; readonly at: number }
  | { readonly type: "changed"; readonly node: string; readonly at: number }
  | { readonly type: "calls"; readonly calls: Calls }
  | { readonly type: "heap"; readonly bytes: number };
/** What it is asked. */
type Question = "calls" | "heap";

/** Which of its parts the hub runs. */
export interface HubParts {
  readonly intents: boolean;
  readonly flavors: boolean;
  /** Tell of each change of the pool. */
  readonly changes?: boolean;
  /** Further sections of its configuration. */
  readonly config?: object;
  /** Default `warn`. */
  readonly logLevel?: "warn" | "silent";
}

export interface HubProcess {
  readonly child: ChildProcess;
  next<T extends Message["type"]>(
    type: T,
    matches?: (message: Extract<Message, { type: T }>) => boolean,
  ): Promise<Extract<Message, { type: T }>>;
  calls(): Promise<Calls>;
  /** Bytes of the JavaScript heap that are in use after a collection. */
  heap(): Promise<number>;
  memory(): Memory;
  /** CPU time so far, ms. */
  cpuMilliseconds(): number;
  end(): Promise<void>;
}

const FLAGS = [...hubCommand().flags, "--expose-gc"];

/** Starts a hub on a cluster; `BENCH_HUB_FLAGS` gives its Node more flags, such as --cpu-prof. */
export function startHubProcess(kubeconfig: string, parts: HubParts): HubProcess {
  const more = (process.env.BENCH_HUB_FLAGS ?? "").split(" ").filter(Boolean);
  const env = { BENCH_KUBECONFIG: kubeconfig, BENCH_PARTS: JSON.stringify(parts) };
  const child = startRole("hub", env, [...FLAGS, ...more]);
  const pid = child.pid ?? 0;
  const next: HubProcess["next"] = <T extends Message["type"]>(
    type: T,
    matches: (message: Extract<Message, { type: T }>) => boolean = () => true,
  ) => {
    const isIt = (message: Message): message is Extract<Message, { type: T }> =>
      message.type === type && matches(message as Extract<Message, { type: T }>);
    return nextMessage(child, (heard) => {
      const message = heard as Message;
      return isIt(message) ? message : undefined;
    });
  };
  const ask = (question: Question): void => void child.send(question);
  return {
    child,
    next,
    calls: async () => {
      ask("calls");
      return (await next("calls")).calls;
    },
    heap: async () => {
      ask("heap");
      return (await next("heap")).bytes;
    },
    memory: () => memoryOf(pid),
    cpuMilliseconds: () => cpuMillisecondsOf(pid),
    end: () => endChild(child),
  };
}

const tell = (message: Message): void => void process.send?.(message);

/** In the child: the hub, until it is asked to end. */
export async function hubProcess(): Promise<void> {
  const kubeconfig = process.env.BENCH_KUBECONFIG ?? "";
  const parts = JSON.parse(process.env.BENCH_PARTS ?? "{}") as HubParts;
  const { intents, flavors, changes = false, config = {}, logLevel = "warn" } = parts;
  const calls: Record<string, number> = {};
  const connect = (text: string): KubeClient => counted(createClient({ kubeconfigText: text }), calls);
  answerQuestions(calls);
  const stopper = new AbortController();
  process.once("SIGTERM", () => stopper.abort());
  process.once("disconnect", () => stopper.abort());
  const code = await runHub(
    {
      config: hubConfigSchema.parse({ flavors: { enabled: flavors }, ...config }),
      namespace: "flare-system",
      identity: "bench",
    },
    {
      client: connect(kubeconfig),
      connect: (to) => connect("inCluster" in to ? kubeconfig : to.kubeconfigText),
      regions: REGIONS,
      controllers: [reporter(changes), ...(intents ? [createIntentController({ resolveModel })] : [])],
      log: createLogger({ level: logLevel }),
      signal: stopper.signal,
    },
  );
  process.exit(code);
}

/** Reports when the hub knows everything of its providers and, where asked, each change of the pool. */
function reporter(changes: boolean): Controller {
  return {
    name: "report",
    start: async ({ pool, providers, signal }) => {
      let synced = false;
      pool.subscribe((nodes) => {
        if (synced && changes) for (const { node } of nodes) tell({ type: "changed", node, at: clock() });
      });
      const timer = setInterval(() => {
        const all = providers.all();
        if (synced || all.length === 0 || !all.every((each) => each.synced())) return;
        synced = true;
        tell({ type: "synced", offers: pool.offers().length, at: clock() });
      }, 5);
      signal.addEventListener("abort", () => clearInterval(timer));
    },
  };
}

function answerQuestions(calls: Calls): void {
  process.on("message", (question: Question) => {
    if (question === "calls") return tell({ type: "calls", calls });
    // Twice: what a first collection frees may hold more.
    globalThis.gc?.();
    globalThis.gc?.();
    tell({ type: "heap", bytes: process.memoryUsage().heapUsed });
  });
}

/** The client with its calls counted; lists and watches by their beginnings. */
function counted(client: KubeClient, calls: Record<string, number>): KubeClient {
  const count = (verb: string, { plural }: Resource, subresource?: string): void => {
    const name = `${verb} ${plural}${subresource === undefined ? "" : `/${subresource}`}`;
    calls[name] = (calls[name] ?? 0) + 1;
  };
  return {
    ...client,
    get: (resource, target, options) => {
      count("get", resource);
      return client.get(resource, target, options);
    },
    list: (resource, query, options) => {
      count("list", resource);
      return client.list(resource, query, options);
    },
    watch: (resource, query, options) => {
      count("watch", resource);
      return client.watch(resource, query, options);
    },
    apply: (resource, object, options) => {
      count("apply", resource, options.subresource);
      return client.apply(resource, object, options);
    },
    patch: (resource, target, patch, options) => {
      count("patch", resource, target.subresource);
      return client.patch(resource, target, patch, options);
    },
    create: (resource, object, options) => {
      count("create", resource);
      return client.create(resource, object, options);
    },
    update: (resource, object, options) => {
      count("update", resource, options?.subresource);
      return client.update(resource, object, options);
    },
    delete: (resource, target, options) => {
      count("delete", resource);
      return client.delete(resource, target, options);
    },
  };
}
