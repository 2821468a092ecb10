/** When what was seen of each Intent and of what is bought for it, in the cluster that buys, without a client between. */
import type { KubeIntent } from "../../src/hub/intents/intent-view.ts";
import * as kinds from "../../src/sandbox/federation/kinds.ts";
import { isNodeReady } from "../../src/sandbox/federation/liqo/node.ts";
import type { KubeObject } from "../../src/sandbox/object.ts";
import { KEYS } from "../../src/workload/identity.ts";
import { clock } from "../hub/processes.ts";
import { isDeployed } from "./ledger.ts";
import type { FederationSite } from "./site.ts";

const INTENT: kinds.Kind = { apiVersion: "flare.clastix.io/v1alpha1", kind: "Intent" };
const GPU = "nvidia.com/gpu";

/** What happens on the way of an Intent, in this order, and whose turn ends with it. */
export const STAGES = [
  { name: "intent", by: "user" },
  { name: "reservation", by: "hub" },
  { name: "contract", by: "federation" },
  { name: "allocation", by: "hub" },
  { name: "slice", by: "federation" },
  { name: "gpus asked", by: "hub" },
  { name: "node ready", by: "federation" },
  { name: "offloading", by: "hub" },
  { name: "namespace there", by: "federation" },
  { name: "workload", by: "hub" },
  { name: "deployed", by: "hub" },
] as const;

export type Stage = (typeof STAGES)[number]["name"];

/** Milliseconds at which each stage was reached for the first time. */
export type Timeline = ReadonlyMap<Stage, number>;

export interface Timelines {
  /** By `namespace/name` of the Intent. */
  of(key: string): Timeline;
  stop(): void;
}

/** Follows all Intents of a federation from now on; each has one Flavor. */
export function followIntents({ cluster }: FederationSite): Timelines {
  const byKey = new Map<string, Map<Stage, number>>();
  const keyByContract = new Map<string, string>();
  const note = (key: string | undefined, stage: Stage, isSo = true): void => {
    if (key === undefined || !isSo) return;
    const line = byKey.get(key) ?? new Map<Stage, number>();
    byKey.set(key, line);
    if (!line.has(stage)) line.set(stage, clock());
  };
  const ends = [
    cluster.watch(INTENT, ({ object }) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      note(key, "intent");
      note(key, "deployed", isDeployed(object as unknown as KubeIntent));
    }),
    cluster.watch(kinds.RESERVATIONS, ({ object }) => {
      const contract = object.status?.contract?.name;
      note(keyOf(object), "reservation");
      if (contract !== undefined) keyByContract.set(contract, keyOf(object) ?? "");
      note(keyOf(object), "contract", contract !== undefined);
    }),
    cluster.watch(kinds.ALLOCATIONS, ({ object }) => note(keyOf(object), "allocation")),
    cluster.watch(kinds.SLICES, ({ object: { metadata, spec } }) => {
      note(keyByContract.get(metadata.name), "slice");
      note(keyByContract.get(metadata.name), "gpus asked", spec.resources?.[GPU] !== undefined);
    }),
    cluster.watch(kinds.NODES, ({ object }) => {
      const has = Number(object.status?.allocatable?.[GPU] ?? 0) > 0;
      note(keyByContract.get(object.metadata.name), "node ready", has && isNodeReady(object));
    }),
    cluster.watch(kinds.OFFLOADINGS, ({ object }) => {
      note(keyOf(object), "offloading");
      note(keyOf(object), "namespace there", object.status?.offloadingPhase === "Ready");
    }),
    cluster.watch(kinds.JOBS, ({ object }) => note(keyOf(object), "workload")),
    cluster.watch(kinds.DEPLOYMENTS, ({ object }) => note(keyOf(object), "workload")),
  ];
  return {
    of: (key) => byKey.get(key) ?? new Map(),
    stop: () => {
      for (const end of ends) end();
    },
  };
}

/** The Intent that the hub wrote it for. */
const keyOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[KEYS.intent];

/** Milliseconds from one stage to another. */
export const between = (line: Timeline, from: Stage, to: Stage): number =>
  (line.get(to) ?? Number.NaN) - (line.get(from) ?? Number.NaN);

/** Of those the ones in which it was the hub's turn: what was needed for its next step was there. */
export function hubsShare(line: Timeline, from: Stage, to: Stage): number {
  const names = STAGES.map(({ name }) => name);
  return STAGES.slice(names.indexOf(from) + 1, names.indexOf(to) + 1)
    .filter(({ by }) => by === "hub")
    .reduce((sum, { name }) => sum + between(line, names[names.indexOf(name) - 1] ?? from, name), 0);
}
