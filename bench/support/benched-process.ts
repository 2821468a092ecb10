/** Processes whose cost is measured: the bundled agent as the image runs it, and Node with nothing to do. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePorts } from "../../test/support/free-ports.ts";
import { cpuMillisecondsOf, type Memory, memoryOf } from "./proc.ts";

export interface BenchedProcess {
  memory(): Memory;
  /** CPU time so far, of all its threads. */
  cpuMilliseconds(): number;
  scrape(): Promise<void>;
  end(): Promise<void>;
}

export interface BenchedAgent extends BenchedProcess {
  /** From the start of the process until the annotations were on the Node. */
  readonly firstPublishMs: number;
}

/** Node's flags and environment in the image. */
export interface Runtime {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where the agent runs, and how one sees that it has published. */
export interface AgentPlace {
  readonly node: string;
  readonly kubeconfigFile: string;
  published(): Promise<string | undefined>;
}

const PUBLISH_WITHIN_MS = 30_000;

/** Starts the bundle in dist/ and waits for its first publication. */
export async function startAgent(node: string, runtime: Runtime, place: AgentPlace): Promise<BenchedAgent> {
  const [port = 0] = await freePorts(1);
  const program = ["dist/flare.js", "agent", "--node", place.node, "--kubeconfig", place.kubeconfigFile];
  const listen = ["--listen", `127.0.0.1:${port}`, "--log-level", "error"];
  const started = performance.now();
  const child = spawn(node, [...runtime.flags, ...program, ...listen], {
    env: runtime.env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const measured = benched(child);
  while ((await place.published()) === undefined) {
    if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}`);
    if (performance.now() - started > PUBLISH_WITHIN_MS)
      throw new Error("the agent has not published in 30 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const firstPublishMs = performance.now() - started;
  const scrape = async (): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    if (!(await response.text()).includes("flare_gpu_info{")) throw new Error("the agent tells no inventory");
  };
  return { ...measured, scrape, firstPublishMs };
}

/** `node -e "setInterval(()=>{},1e9)"` with default flags: the floor of everything that runs on Node. */
export function startBareNode(node: string): BenchedProcess {
  const child = spawn(node, ["-e", "setInterval(()=>{},1e9)"], { env: {}, stdio: "ignore" });
  return { ...benched(child), scrape: () => Promise.resolve() };
}

function benched(child: ChildProcess): Omit<BenchedProcess, "scrape"> {
  const { pid = 0 } = child;
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  return {
    memory: () => memoryOf(pid),
    cpuMilliseconds: () => cpuMillisecondsOf(pid),
    end: async () => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}
