import type { KubeError, KubeErrorCode } from "../../kubernetes/kube-error.ts";
import { formatDuration } from "../../units/duration.ts";
import type { Closure } from "./closure.ts";
import type { KubeconfigState } from "./secret-source.ts";

/** What is known of the connection to a provider. */
export interface ConnectionFacts {
  readonly kubeconfig: KubeconfigState | { readonly state: "in-cluster" };
  /** What went wrong last with what has not worked since; undefined while everything works. */
  readonly failure: KubeError | undefined;
  /** When the API answered last (ms); undefined before it did. */
  readonly lastContactAt: number | undefined;
  /** Since when `failure` is (ms). */
  readonly failingSince: number | undefined;
  /** Nodes and pods were listed. */
  readonly synced: boolean;
  readonly gpuNodes: number;
  /** Of a federation: kinds of FLUIDOS or Liqo that its cluster does not have. Absent where the hub places itself. */
  readonly missingKinds?: readonly string[] | undefined;
  /** Of a federation: why nothing new is heard of its providers. */
  readonly discoveryTrouble?: string | undefined;
}

export interface ProviderCondition {
  readonly type: "Reachable" | "Authorized" | "Synced" | "Closed";
  readonly status: "True" | "False" | "Unknown";
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

type Verdict = Omit<ProviderCondition, "type">;

const yes = (reason: string, message: string): Verdict => ({ status: "True", reason, message });
const no = (reason: string, message: string): Verdict => ({ status: "False", reason, message });
const unknown = (reason: string, message: string): Verdict => ({ status: "Unknown", reason, message });

/** The three conditions of a provider, in the order in which they depend on each other. `now` in milliseconds. */
export function providerConditions(facts: ConnectionFacts, now: number): readonly ProviderCondition[] {
  const reachable = reachableVerdict(facts);
  const authorized = authorizedVerdict(facts, reachable);
  return [
    { type: "Reachable", ...reachable },
    { type: "Authorized", ...authorized },
    { type: "Synced", ...syncedVerdict(facts, now) },
  ];
}

/** The condition Closed, which is there only while it holds. `holders`: Intents that hold GPUs at the provider. */
export function closedCondition(closure: Closure | undefined, holders: number): readonly ProviderCondition[] {
  if (closure === undefined) return [];
  const still = `${holders} Intent${holders === 1 ? " is" : "s are"} still there`;
  const message = closure.reason === "Leaving" ? `${closure.message}; ${still}` : closure.message;
  return [{ type: "Closed", ...yes(closure.reason, message) }];
}

/** The server answered, and said no to us. */
const REFUSALS: Readonly<Partial<Record<KubeErrorCode, string>>> = {
  unauthorized: "TokenRejected",
  forbidden: "Forbidden",
};

/** Nothing came that could be called an answer of a Kubernetes API. */
const UNREACHABLE: Readonly<Partial<Record<KubeErrorCode, string>>> = {
  config: "KubeconfigInvalid",
  unreachable: "Unreachable",
  certificate: "CertificateNotTrusted",
  timeout: "Timeout",
  silent: "Timeout",
  protocol: "NotKubernetes",
  "not-found": "NotKubernetes",
};

function reachableVerdict({ kubeconfig, failure, lastContactAt }: ConnectionFacts): Verdict {
  if (kubeconfig.state === "problem") return no(kubeconfig.reason, kubeconfig.message);
  if (kubeconfig.state === "waiting") return unknown("Waiting", "the kubeconfig was not read yet");
  const reason = failure === undefined ? undefined : UNREACHABLE[failure.code];
  if (failure !== undefined && reason !== undefined) return no(reason, failure.message);
  if (failure !== undefined && REFUSALS[failure.code] === undefined)
    return no("ServerError", failure.message);
  if (lastContactAt === undefined && failure === undefined) return unknown("Connecting", "no answer yet");
  return yes("Connected", "the API answers");
}

function authorizedVerdict({ failure }: ConnectionFacts, reachable: Verdict): Verdict {
  const reason = failure === undefined ? undefined : REFUSALS[failure.code];
  if (failure !== undefined && reason !== undefined) return no(reason, failure.message);
  if (reachable.status !== "True")
    return unknown(reachable.reason, "it can only be told when the API answers");
  return yes("Authorized", "the hub may read nodes and pods");
}

function syncedVerdict(facts: ConnectionFacts, now: number): Verdict {
  const { synced, failure, failingSince, gpuNodes, missingKinds } = facts;
  if (missingKinds !== undefined && missingKinds.length > 0)
    return no(
      "NotInstalled",
      `the cluster has no ${missingKinds.join(", ")}: are FLUIDOS and Liqo installed?`,
    );
  if (!synced && missingKinds !== undefined) return no("Listing", "FLUIDOS's objects were not all read yet");
  if (!synced) return no("Listing", "nodes and pods were not all read yet");
  if (failure !== undefined && failingSince !== undefined)
    return no(
      "Stale",
      `the inventory was not kept current for ${formatDuration(wholeMinutes(now - failingSince))}`,
    );
  if (missingKinds !== undefined) return discoveredVerdict(facts);
  if (gpuNodes === 0)
    return yes(
      "NoGPUNodes",
      "no node has the label node.fluidos.eu/gpu=true; does the agent run in this cluster?",
    );
  return yes("Synced", `${gpuNodes} GPU node${gpuNodes === 1 ? "" : "s"} and their pods are known`);
}

/** Candidates that are known are offered also while nothing new is heard. */
function discoveredVerdict({ gpuNodes, discoveryTrouble }: ConnectionFacts): Verdict {
  if (discoveryTrouble !== undefined) return no("DiscoveryFails", discoveryTrouble);
  return gpuNodes === 0
    ? yes("NoCandidates", "no KnownCluster was found to offer GPUs")
    : yes("Synced", `${gpuNodes} candidate${gpuNodes === 1 ? "" : "s"} with GPUs known`);
}

/** So that the message does not change with every look. */
const wholeMinutes = (milliseconds: number): number =>
  Math.max(60_000, Math.floor(milliseconds / 60_000) * 60_000);
