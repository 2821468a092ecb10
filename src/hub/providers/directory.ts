import type { Provider } from "../../intent/resources.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { ConsumerView } from "../engines/fluidos/consumer-view.ts";

/** A provider as others see it. */
export interface ProviderEntry {
  readonly name: string;
  provider(): Provider;
  /** Why nothing new may be placed there now; undefined: it may. */
  closed(): string | undefined;
  /** Why there is no use in trying to reach it now; undefined: there is, be it closed or not. */
  unreachable(): string | undefined;
  /** Client of its cluster; undefined while there is no kubeconfig. A new one after each rotation: do not keep it. */
  client(): KubeClient | undefined;
  /** What is seen of FLUIDOS there; undefined where the hub places itself. */
  consumer?(): ConsumerView | undefined;
  /** When its API answered last (ms); undefined before it did. */
  lastContactAt(): number | undefined;
  /** Whether all of its nodes and pods are known. */
  synced(): boolean;
}

/** The providers that the hub knows. */
export interface ProviderDirectory {
  get(name: string): ProviderEntry | undefined;
  all(): readonly ProviderEntry[];
  /** Resolves when all Provider objects were read once. */
  readonly listed: Promise<void>;
  /** Told the name of each provider that came, changed or went. Returns how to be told no more. */
  subscribe(listener: (name: string) => void): () => void;
}
