import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigYaml } from "../sandbox/kubeconfig.ts";
import { type Sandbox, sandboxAdmin } from "../sandbox/sandbox.ts";

export interface DemoFlags {
  readonly once?: boolean;
  /** The one with a federation. */
  readonly federated?: boolean;
  readonly output: "table" | "json";
}

export interface DemoShell {
  /** Ends the demo. */
  readonly signal: AbortSignal;
  /** Takes the result. */
  readonly print: (text: string) => void;
  /** Takes what a person may want to know meanwhile. */
  readonly progress: (text: string) => void;
}

/**
 * Gives a kubeconfig with a context for each cluster out, as `invite` says, until the demo is asked to end; removes it
 * then.
 */
export async function stayUp(
  clusters: readonly { readonly sandbox: Sandbox }[],
  invite: (file: string) => string,
  { signal, progress }: DemoShell,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "flare-demo-"));
  try {
    const file = join(folder, "kubeconfig");
    const entries = clusters.map(({ sandbox }) => sandbox.entryFor(sandboxAdmin));
    await writeFile(file, kubeconfigYaml(entries), { mode: 0o600 });
    progress(invite(file));
    await ended(signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
