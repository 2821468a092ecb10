import { isDeepStrictEqual } from "node:util";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { type KubeObject, NODES, type Resource } from "../../kubernetes/objects.ts";
import { createReflector, type ReflectorOptions } from "../../kubernetes/reflector.ts";
import type { ReflectorState } from "../../kubernetes/reflector-state.ts";
import type { Change } from "../../kubernetes/reflector-store.ts";
import { GPU_NODE_LABEL } from "../../vocabulary/keys.ts";
import type { NodeDescription } from "../inventory/describer.ts";
import { type KubeNode, type NodeRecord, nodeRecordOf } from "../inventory/node-record.ts";
import { type KubePod, type PodRecord, podRecordOf } from "../inventory/pod-record.ts";
import type { ProviderInventory } from "../inventory/provider-inventory.ts";
import { type Activity, type Contact, createContact } from "./contact.ts";
import { type ConnectionTiming, createProbe, timingOf } from "./probe.ts";

export const PODS: Resource = { group: "", version: "v1", plural: "pods", namespaced: true };

export interface ConnectionOptions extends ConnectionTiming {
  readonly client: KubeClient;
  readonly inventory: ProviderInventory;
  readonly describe: (annotations: Readonly<Record<string, string>>) => NodeDescription;
  /** Told when any of the facts changed, and after each probe. */
  readonly onFacts: () => void;
  /** A change that could not be taken in: a fault of ours. */
  readonly onHandlerError: (error: unknown) => void;
}

/** What one connection to a provider has seen of it. */
export interface Connection {
  readonly contact: Pick<Contact, "failure" | "failingSince" | "lastContactAt">;
  /** Version of its Kubernetes, once known. */
  version(): string | undefined;
  /** As its probe has it. */
  clusterId(): string | null | undefined;
  run(signal: AbortSignal): Promise<void>;
}

/** Pods that take something of a node. The rest is never sent. */
const BOUND_AND_ALIVE = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed";
/** Objects for each page: a page of pods is held for a moment, at some 10 KB each. */
const PAGE = 250;

/** Creates the connection to one provider; nothing happens before `run`. Nothing in it is shared with other providers. */
export function createConnection(options: ConnectionOptions): Connection {
  const { client, inventory, now } = options;
  const listed = new Set<Activity>();
  const contact = createContact(now, options.onFacts);

  const heard = (activity: Activity, state: ReflectorState): void => {
    if (state.name === "SYNCED") {
      listed.add(activity);
      if (listed.has("nodes") && listed.has("pods")) inventory.synced();
    }
    if (state.name === "SYNCED" || state.name === "WATCH") contact.works(activity);
    // EXPIRED is the ordinary end of an old watch; the list that follows will tell.
    if ("error" in state && state.name !== "EXPIRED") contact.fails(activity, state.error);
  };
  const reflect = <T extends KubeObject, V>(
    activity: Activity,
    part: Pick<
      ReflectorOptions<T, V>,
      "resource" | "labelSelector" | "fieldSelector" | "transform" | "onChange"
    >,
  ) =>
    createReflector<T, V>({
      ...timingOf(options),
      ...part,
      client,
      pageSize: PAGE,
      // A heartbeat of a node is no news, and neither is a list of 10,000 nodes that are as they were.
      isSame: isDeepStrictEqual,
      onHandlerError: options.onHandlerError,
      onState: (state) => heard(activity, state),
    });
  const nodes = reflect<KubeNode, NodeRecord>("nodes", {
    resource: NODES,
    labelSelector: `${GPU_NODE_LABEL}=true`,
    transform: (node) => nodeRecordOf(node, options.describe),
    onChange: (change: Change<NodeRecord>) => inventory.nodeChanged(change),
  });
  const pods = reflect<KubePod, PodRecord>("pods", {
    resource: PODS,
    fieldSelector: BOUND_AND_ALIVE,
    transform: podRecordOf,
    onChange: (change: Change<PodRecord>) => inventory.podChanged(change),
  });
  const probe = createProbe({ ...options, contact });
  return {
    contact,
    version: () => probe.version(),
    clusterId: () => probe.clusterId(),
    run: async (signal) => {
      // Before its nodes count anywhere: they may be another provider's as well.
      await probe.identify(signal);
      options.onFacts();
      await Promise.all([nodes.run(signal), pods.run(signal), probe.run(signal)]);
      inventory.close();
      client.close();
    },
  };
}
