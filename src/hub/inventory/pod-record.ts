import type { KubeObject } from "../../kubernetes/objects.ts";
import { KEYS } from "../../workload/identity.ts";
import { isExtended } from "./node-record.ts";
import { quantity } from "./quantities.ts";

type Amounts = Readonly<Record<string, string>>;

interface Resources {
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
}

interface InitContainer extends Resources {
  readonly restartPolicy?: string;
}

/** The part of a Pod that the hub reads. */
export interface KubePod extends KubeObject {
  readonly spec?: Resources & {
    readonly nodeName?: string;
    readonly containers?: readonly Resources[];
    readonly initContainers?: readonly InitContainer[];
    readonly overhead?: Amounts;
  };
  readonly status?: { readonly phase?: string };
}

/** What one pod takes from its node. CPU in cores, memory in GiB. */
export interface PodRecord {
  /** Empty for a pod that takes nothing: not bound yet, or ended. */
  readonly node: string;
  /** Uid of the Intent that it belongs to, for pods of ours. */
  readonly intent: string | undefined;
  readonly cpu: number;
  readonly memoryGi: number;
  /** Units of extended resources by name. */
  readonly devices: Devices;
}

export type Devices = ReadonlyMap<string, number>;

const GIB = 2 ** 30;
const NO_DEVICES: Devices = new Map();
const NOTHING: PodRecord = { node: "", intent: undefined, cpu: 0, memoryGi: 0, devices: NO_DEVICES };

/** Reduces a Pod to what it takes; pods that take nothing share one record. */
export function podRecordOf(pod: KubePod): PodRecord {
  const { spec, status, metadata } = pod;
  const node = spec?.nodeName ?? "";
  if (node === "" || status?.phase === "Succeeded" || status?.phase === "Failed") return NOTHING;
  const requests = podRequests(pod);
  const devices = new Map([...requests].filter(([name, amount]) => isExtended(name) && amount > 0));
  return {
    node,
    intent: metadata?.labels?.[KEYS.intentUid],
    cpu: requests.get("cpu") ?? 0,
    memoryGi: (requests.get("memory") ?? 0) / GIB,
    devices: devices.size === 0 ? NO_DEVICES : devices,
  };
}

/**
 * What the scheduler counts for a pod: the containers and sidecars together, or what is needed while an init container
 * runs beside the sidecars before it, whichever is more; requests of the pod as a whole win; overhead comes on top.
 */
export function podRequests({ spec }: KubePod): ReadonlyMap<string, number> {
  let sidecars = new Map<string, number>();
  let starting = new Map<string, number>();
  for (const init of spec?.initContainers ?? []) {
    const together = sum(sidecars, requestsOf(init));
    if (init.restartPolicy === "Always") sidecars = together;
    starting = largest(starting, together);
  }
  const running = (spec?.containers ?? []).reduce((total, each) => sum(total, requestsOf(each)), sidecars);
  const needed = largest(running, starting);
  for (const [name, amount] of requestsOf(spec ?? {})) needed.set(name, amount);
  return sum(needed, amountsOf(spec?.overhead));
}

/** A request that is not made is as large as the limit, as the API server fills it in. */
function requestsOf({ resources }: Resources): Map<string, number> {
  return new Map([...amountsOf(resources?.limits), ...amountsOf(resources?.requests)]);
}

const amountsOf = (amounts: Amounts | undefined): Map<string, number> =>
  new Map(Object.entries(amounts ?? {}).map(([name, amount]) => [name, quantity(amount)]));

function sum(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): Map<string, number> {
  const total = new Map(left);
  for (const [name, amount] of right) total.set(name, (total.get(name) ?? 0) + amount);
  return total;
}

function largest(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): Map<string, number> {
  const most = new Map(left);
  for (const [name, amount] of right) most.set(name, Math.max(most.get(name) ?? 0, amount));
  return most;
}
