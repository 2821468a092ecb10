import type { ProviderSpec } from "../../intent/provider-schema.ts";
import type { ConnectionFacts } from "./conditions.ts";
import { type SecretSourceOptions, watchKubeconfig } from "./secret-source.ts";

/** What is known of a provider's kubeconfig, whichever Secret its spec names at the moment. */
export interface KubeconfigSource {
  state(): ConnectionFacts["kubeconfig"];
  /** Follows what the spec names; nothing happens while that stays the same. */
  follow(spec: Pick<ProviderSpec, "kubeconfigSecretRef" | "inCluster">): void;
  /** Follows nothing any more; resolves when all watches have ended. */
  stop(): Promise<void>;
}

/** Creates a source that follows nothing yet; `onState` is told of every change. */
export function createKubeconfigSource(
  options: Omit<SecretSourceOptions, "reference" | "onState">,
  onState: (state: ConnectionFacts["kubeconfig"]) => void,
): KubeconfigSource {
  let state: ConnectionFacts["kubeconfig"] = { state: "waiting" };
  let followed = "";
  let watch = new AbortController();
  const watches: Promise<void>[] = [];
  const tell = (next: ConnectionFacts["kubeconfig"]): void => {
    state = next;
    onState(next);
  };
  return {
    state: () => state,
    follow: ({ kubeconfigSecretRef: reference, inCluster }) => {
      const next = JSON.stringify(reference ?? { inCluster });
      if (next === followed) return;
      followed = next;
      watch.abort();
      watch = new AbortController();
      if (reference === undefined) return tell({ state: "in-cluster" });
      tell({ state: "waiting" });
      const { signal } = watch;
      const heard: SecretSourceOptions["onState"] = (found) => {
        if (!signal.aborted) tell(found);
      };
      watches.push(watchKubeconfig({ ...options, reference, onState: heard }, signal));
    },
    stop: async () => {
      watch.abort();
      await Promise.all(watches);
    },
  };
}
