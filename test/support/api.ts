/** The Kubernetes API that the integration tests run against: the sandbox, or a real control plane, unchanged. */
import { startControlPlane } from "./control-plane.ts";

export interface TestApi {
  readonly kind: "sandbox" | "real";
  readonly url: string;
  /** Kubeconfig (YAML) of a user who may do everything. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Starts an empty API: the sandbox in this process, or with FLARE_TEST_API=real a control plane. Call `stop()`. */
export async function startApi(): Promise<TestApi> {
  if (process.env.FLARE_TEST_API === "real") {
    const plane = await startControlPlane();
    return { kind: "real", url: plane.url, kubeconfig: plane.kubeconfig, stop: () => plane.stop() };
  }
  const { startSandbox } = await import("../../src/sandbox/sandbox.ts");
  const sandbox = await startSandbox();
  return {
    kind: "sandbox",
    url: sandbox.url,
    kubeconfig: sandbox.adminKubeconfig,
    stop: () => sandbox.close(),
  };
}
