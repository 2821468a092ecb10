/** What is free on each node, in flat arrays: the baselines look at all of it for every pod. */
import { isShared, MILLI, type Shape, type Workload } from "./workload.ts";

export interface Cluster {
  readonly size: number;
  /** Devices kept for each node; those that a node lacks are never free. */
  readonly stride: number;
  readonly cpu: Int32Array;
  readonly memory: Int32Array;
  /** Free thousandths of each device: node x stride + device. */
  readonly devices: Int16Array;
  readonly counts: Int16Array;
  /** Position of the node's model in `models`. */
  readonly model: Int16Array;
  readonly models: readonly string[];
  /** How often the node changed. */
  readonly version: Int32Array;
  /** The kinds of pods that run there. */
  readonly kinds: Int32Array;
}

export function emptyCluster({ nodes }: Workload): Cluster {
  const stride = Math.max(1, ...nodes.map(({ gpus }) => gpus));
  const models = [...new Set(nodes.map(({ model }) => model))];
  const devices = new Int16Array(nodes.length * stride);
  for (const [node, { gpus }] of nodes.entries()) devices.fill(MILLI, node * stride, node * stride + gpus);
  return {
    size: nodes.length,
    stride,
    cpu: Int32Array.from(nodes, ({ cpuMilli }) => cpuMilli),
    memory: Int32Array.from(nodes, ({ memoryMib }) => memoryMib),
    devices,
    counts: Int16Array.from(nodes, ({ gpus }) => gpus),
    model: Int16Array.from(nodes, ({ model }) => models.indexOf(model)),
    models,
    version: new Int32Array(nodes.length),
    kinds: new Int32Array(nodes.length),
  };
}

/** Which of the cluster's models the shape may have. */
export const allowedModels = ({ models }: Cluster, shape: Shape): readonly boolean[] =>
  models.map((model) => shape.models === undefined || shape.models.includes(model));

/** True when the node has room for the pod; the model is checked by who asks. */
export function hasRoom(cluster: Cluster, node: number, shape: Shape): boolean {
  if ((cluster.cpu[node] as number) < shape.cpuMilli) return false;
  if ((cluster.memory[node] as number) < shape.memoryMib) return false;
  let missing = shape.gpus;
  const first = node * cluster.stride;
  const end = first + (cluster.counts[node] as number);
  for (let at = first; missing > 0 && at < end; at += 1) {
    if ((cluster.devices[at] as number) >= shape.gpuMilli) missing -= 1;
  }
  return missing === 0;
}

/** Pods without a GPU, with a share of one, with one, two, ... as a bit. */
export const kindOf = (shape: Shape): number =>
  1 << (isShared(shape) ? 1 : shape.gpus === 0 ? 0 : shape.gpus + 1);

/** Takes what the pod asks; a share comes from the device named, whole GPUs from the first free ones. */
export function take(cluster: Cluster, node: number, shape: Shape, device: number): void {
  cluster.cpu[node] = (cluster.cpu[node] as number) - shape.cpuMilli;
  cluster.memory[node] = (cluster.memory[node] as number) - shape.memoryMib;
  cluster.version[node] = (cluster.version[node] as number) + 1;
  cluster.kinds[node] = (cluster.kinds[node] as number) | kindOf(shape);
  if (shape.gpus === 0) return;
  const first = node * cluster.stride;
  if (isShared(shape)) {
    cluster.devices[first + device] = (cluster.devices[first + device] as number) - shape.gpuMilli;
    return;
  }
  let missing = shape.gpus;
  for (let at = first; missing > 0; at += 1) {
    if (cluster.devices[at] !== MILLI) continue;
    cluster.devices[at] = 0;
    missing -= 1;
  }
}

/** Free thousandths of all devices of a node. */
export function freeMilli({ devices, stride }: Cluster, node: number): number {
  let sum = 0;
  for (let at = node * stride; at < (node + 1) * stride; at += 1) sum += devices[at] as number;
  return sum;
}

/** Devices of a node that are wholly free. */
export function wholeDevices({ devices, stride }: Cluster, node: number): number {
  let count = 0;
  for (let at = node * stride; at < (node + 1) * stride; at += 1) if (devices[at] === MILLI) count += 1;
  return count;
}

/** The device with the least room that still takes the share. */
export function tightestDevice({ devices, stride }: Cluster, node: number, milli: number): number {
  let best = -1;
  let least = MILLI + 1;
  for (let device = 0; device < stride; device += 1) {
    const free = devices[node * stride + device] as number;
    if (free >= milli && free < least) {
      least = free;
      best = device;
    }
  }
  return best;
}

/** Puts what is free of a node as somebody else tells it; of its devices, those that it has. */
export function put(
  cluster: Cluster,
  node: number,
  free: { readonly cpuMilli: number; readonly memoryMib: number; readonly devices: readonly number[] },
): void {
  cluster.cpu[node] = free.cpuMilli;
  cluster.memory[node] = free.memoryMib;
  cluster.devices.set(free.devices, node * cluster.stride);
  cluster.version[node] = (cluster.version[node] as number) + 1;
}
