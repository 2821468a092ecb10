/** The processes of the hub's bench: what they do in the child, and what the bench knows of them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { clusterOf, type TestCluster } from "../../test/integration/hub-cluster.ts";
import type { TestApi } from "../../test/support/api.ts";
import { startControlPlane } from "../../test/support/control-plane.ts";
import { cpuMillisecondsOf } from "../support/proc.ts";

/** Milliseconds since 1970, finer than Date.now; the same in all processes of a machine. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** Starts this program once more, as a child that knows its role by its environment. */
export function startRole(
  role: string,
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): ChildProcess {
  const child = fork(process.argv[1] ?? "", [], {
    env: { ...process.env, ...env, BENCH_ROLE: role },
    // Without source maps: what a stack trace loads of them would count as memory.
    execArgv: [...flags],
  });
  child.setMaxListeners(0);
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  return child;
}

export async function endChild(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

/** The next message of a child for which `pick` gives something. Rejects when the child ends first. */
export function nextMessage<T>(child: ChildProcess, pick: (message: unknown) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`a process of the bench ended with ${code}`));
    const heard = (message: unknown): void => {
      const picked = pick(message);
      if (picked === undefined) return;
      child.off("message", heard);
      child.off("exit", ended);
      resolve(picked);
    };
    child.on("message", heard);
    child.once("exit", ended);
  });
}

export type ApiKind = TestApi["kind"];

/** A cluster whose API is a process of its own: the sandbox, or etcd and kube-apiserver without controllers. */
export interface ApiProcess extends TestCluster {
  /** CPU time of the sandbox so far, ms; of a real API server it is not known here. */
  cpuMilliseconds(): number | undefined;
}

export async function startApiProcess(kind: ApiKind): Promise<ApiProcess> {
  const child = startRole(
    "api",
    { BENCH_API: kind },
    (process.env.BENCH_API_FLAGS ?? "").split(" ").filter(Boolean),
  );
  const api = await nextMessage(child, (message) => (message as { api?: Omit<TestApi, "stop"> }).api);
  const cluster = clusterOf({ ...api, stop: () => endChild(child) });
  return {
    ...cluster,
    cpuMilliseconds: () => (kind === "sandbox" ? cpuMillisecondsOf(child.pid ?? 0) : undefined),
  };
}

/** In the child: serves an API until it is asked to end. */
export async function apiProcess(): Promise<void> {
  const api = await (process.env.BENCH_API === "real" ? realApi() : sandboxApi());
  const { kind, url, kubeconfig } = api;
  process.send?.({ api: { kind, url, kubeconfig } });
  await Promise.race([once(process, "SIGTERM"), once(process, "disconnect")]);
  await api.stop();
  process.exit(0);
}

async function realApi(): Promise<TestApi> {
  const plane = await startControlPlane({ controllers: false });
  return { kind: "real", url: plane.url, kubeconfig: plane.kubeconfig, stop: () => plane.stop() };
}

async function sandboxApi(): Promise<TestApi> {
  const { startSandbox } = await import("../../src/sandbox/sandbox.ts");
  const sandbox = await startSandbox();
  const { url, adminKubeconfig: kubeconfig } = sandbox;
  return { kind: "sandbox", url, kubeconfig, stop: () => sandbox.close() };
}
