import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError, KubeError } from "../../kubernetes/kube-error.ts";
import { type KubeObject, NAMESPACES, NODES } from "../../kubernetes/objects.ts";
import { sleep as realSleep, type Sleep } from "../../kubernetes/timing.ts";
import type { Contact } from "./contact.ts";

export interface ConnectionTiming {
  /** How often the provider's API is asked for a sign of life. */
  readonly probeMs: number;
  /** How long it may take to answer. */
  readonly probeTimeoutMs: number;
  /** A watch without a byte for so long counts as dead. */
  readonly silenceMs: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep?: Sleep | undefined;
}

/** What a reflector takes of it. */
export function timingOf({ now, random, sleep, silenceMs }: ConnectionTiming) {
  return { now, random, silenceMs, ...(sleep === undefined ? {} : { sleep }) };
}

export interface ProbeOptions extends ConnectionTiming {
  readonly client: Pick<KubeClient, "list" | "get" | "raw">;
  readonly contact: Contact;
}

/** Asks a provider's API for a sign of life, again and again. */
export interface Probe {
  /** Version of its Kubernetes, once known. */
  version(): string | undefined;
  /** What no two clusters have the same; null where the account may not read it, undefined before it was asked. */
  clusterId(): string | null | undefined;
  /** Asks who it is, once. A failure is for the probe to tell. */
  identify(signal: AbortSignal): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the probe of one provider; nothing happens before `run`. */
export function createProbe(options: ProbeOptions): Probe {
  const { client, contact, probeTimeoutMs } = options;
  let version: string | undefined;
  let clusterId: string | null | undefined;
  const identify = async (signal: AbortSignal): Promise<void> => {
    if (clusterId === undefined) clusterId = await readClusterId(options, signal);
  };
  const probe = async (signal: AbortSignal): Promise<void> => {
    try {
      await lookAtOneNode(options, signal);
      await identify(signal);
      version ??= await readVersion(client, { signal, timeoutMs: probeTimeoutMs });
      contact.works("probe");
    } catch (error) {
      if (!signal.aborted) contact.fails("probe", asKubeError(error));
    }
  };
  return {
    version: () => version,
    clusterId: () => clusterId,
    identify,
    run: (signal) => keepProbing(options, probe, signal),
  };
}

/** Open watches outlive a revoked token and hide a silent network for a minute; a question of our own does not. */
async function keepProbing(
  options: ConnectionTiming,
  probe: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { probeMs, random, sleep = realSleep } = options;
  while (!signal.aborted) {
    await probe(signal);
    await sleep(probeMs * (0.9 + random() / 5), signal);
  }
}

/** No node is called so: the answer is the shortest there is. */
const NO_NODE = "-";

async function lookAtOneNode(options: ProbeOptions, signal: AbortSignal): Promise<void> {
  const call = { signal, timeoutMs: options.probeTimeoutMs, retries: 0 };
  const pages = options.client.list(
    NODES,
    { limit: 1, resourceVersion: "0", fieldSelector: `metadata.name=${NO_NODE}` },
    call,
  );
  for await (const _ of pages) return;
}

async function readClusterId(
  { client, probeTimeoutMs }: ProbeOptions,
  signal: AbortSignal,
): Promise<string | null | undefined> {
  try {
    const call = { signal, timeoutMs: probeTimeoutMs, retries: 0 };
    const { metadata } = await client.get<KubeObject>(NAMESPACES, { name: "kube-system" }, call);
    return metadata?.uid ?? null;
  } catch (error) {
    return isKubeError(error, "forbidden") || isKubeError(error, "not-found") ? null : undefined;
  }
}

async function readVersion(
  client: Pick<KubeClient, "raw">,
  call: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<string | undefined> {
  const answer: unknown = JSON.parse(await client.raw({ ...call, method: "GET", path: "/version" }));
  return typeof answer === "object" && answer !== null && "gitVersion" in answer
    ? String(answer.gitVersion)
    : undefined;
}

function asKubeError(error: unknown): KubeError {
  if (!isKubeError(error)) return new KubeError("protocol", String(error), { cause: error });
  if (error.code !== "forbidden") return error;
  // The server repeats the name that no node has; people would look for it.
  const said = error.message.replaceAll(` "${NO_NODE}"`, "");
  const fix = "kubectl apply -k manifests/provider there gives the hub's account what it needs";
  return new KubeError("forbidden", `${said}; ${fix}`, {
    status: error.status,
    reason: error.reason,
    cause: error,
  });
}
