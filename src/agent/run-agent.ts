import { isKubeError } from "../kubernetes/kube-error.ts";
import { abortable } from "../kubernetes/timing.ts";
import { type AgentDeps, type AgentOptions, EXIT, type ExitCode } from "./options.ts";
import { runLoop } from "./run-loop.ts";

/**
 * Runs an agent until its signal aborts, or with `once` until its pass is done. Never throws: what goes wrong is logged
 * and told by the exit code. It holds no process-wide state, so many can run in one process.
 */
export async function runAgent(options: AgentOptions, deps: AgentDeps): Promise<ExitCode> {
  const scope = new AbortController();
  const stop = (): void => scope.abort(deps.signal.reason);
  if (deps.signal.aborted) stop();
  deps.signal.addEventListener("abort", stop, { once: true });
  try {
    // A wrong kubeconfig will not get better by retries: say so and end.
    await abortable(deps.client.server(), deps.signal, () => new Error("asked to end"));
    const inner = { ...deps, signal: scope.signal };
    if (options.once !== true) return await runLoop(options, inner);
    const { runOnce } = await import("./run-once.ts");
    return await runOnce(options, inner);
  } catch (error) {
    if (deps.signal.aborted) return EXIT.done;
    deps.log.error({ node: options.node }, error instanceof Error ? error.message : String(error));
    return isKubeError(error, "config") ? EXIT.usage : EXIT.failed;
  } finally {
    // Ends what a failure left running.
    scope.abort();
    deps.signal.removeEventListener("abort", stop);
  }
}
