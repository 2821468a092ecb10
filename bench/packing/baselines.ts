/**
 * The policies that the paper compares (Weng et al., USENIX ATC 2023, section 6.1), and first-fit. Each scores a node that
 * has room in whole numbers, as a Kubernetes scheduler does; the highest wins, ties go to the node that comes first.
 */
import { type Cluster, freeMilli, kindOf, tightestDevice, wholeDevices } from "./cluster.ts";
import type { FragmentOf } from "./fragmentation.ts";
import { isShared, MILLI, type Shape } from "./workload.ts";

/** The largest node there can be, which scores are normalised by. */
const MAX_CPU = 128_000;
const MAX_GPU = 8 * MILLI;
const MAX_SCORE = 100;

export interface Baseline {
  readonly score: (cluster: Cluster, node: number, shape: Shape) => number;
  /** The device that a share comes from; the tightest one if the policy does not say. */
  readonly device?: (cluster: Cluster, node: number, shape: Shape) => number;
}

/** Sums up how far the pod and what is free point the same way (Tetris); less is better. */
export const dotProduct: Baseline = {
  score: (cluster, node, shape) => {
    const cpu = ((cluster.cpu[node] as number) / MAX_CPU) * (shape.cpuMilli / MAX_CPU);
    const gpu = (freeMilli(cluster, node) / MAX_GPU) * ((shape.gpus * shape.gpuMilli) / MAX_GPU);
    return Math.trunc(MAX_SCORE * (1 - (cpu + gpu) / 2));
  },
};

/** Pods of one kind together: only this kind before a mixed node, an idle node before one of other kinds. */
export const clustering: Baseline = {
  score: (cluster, node, shape) => {
    if (shape.gpus === 0) return 0;
    const kinds = cluster.kinds[node] as number;
    const own = kindOf(shape);
    const fill = Math.trunc((25 * (MAX_GPU - freeMilli(cluster, node))) / MAX_GPU);
    if (kinds === own) return fill + 75;
    if ((kinds & own) !== 0) return fill + 50;
    return kinds === 0 ? fill + 25 : fill;
  },
};

/** Used devices first, then free devices of used nodes, then idle nodes. */
export const packing: Baseline = {
  score: (cluster, node, shape) => {
    if (shape.gpus === 0) return 0;
    const whole = wholeDevices(cluster, node);
    if (whole === cluster.counts[node]) return Math.max(33 - whole, whole);
    const device = isShared(shape) ? tightestDevice(cluster, node, shape.gpuMilli) : -1;
    const free = device < 0 ? MILLI : (cluster.devices[node * cluster.stride + device] as number);
    if (free === MILLI) return Math.max(50 - shape.gpus, 33);
    return Math.max(MAX_SCORE - Math.trunc(Math.trunc((free * 100) / MILLI) / 10), 50);
  },
};

/** The least left over, CPU and GPU weighing the same. */
export const bestFit: Baseline = {
  score: (cluster, node, shape) => {
    const cpu = ((cluster.cpu[node] as number) - shape.cpuMilli) / MAX_CPU;
    const gpu = (freeMilli(cluster, node) - shape.gpus * shape.gpuMilli) / MAX_GPU;
    return Math.trunc(MAX_SCORE * (1 - (cpu + gpu) / 2));
  },
};

export const firstFit: Baseline = { score: () => 0 };

/** Fragmentation gradient descent: where the pod makes fragmentation grow least. */
export function gradientDescent(fragmentOf: FragmentOf, stride: number): Baseline {
  const after = new Int16Array(stride);
  const best = (cluster: Cluster, node: number, shape: Shape): { score: number; device: number } => {
    const model = cluster.model[node] as number;
    const cpu = cluster.cpu[node] as number;
    const first = node * stride;
    const before = fragmentOf(model, cpu, cluster.devices, first);
    const score = (): number => {
      const grown = fragmentOf(model, cpu - shape.cpuMilli, after, 0) - before;
      return Math.trunc(MAX_SCORE / (1 + Math.exp(grown / MILLI)));
    };
    for (let at = 0; at < stride; at += 1) after[at] = cluster.devices[first + at] as number;
    if (isShared(shape)) return bestDevice(after, shape.gpuMilli, score);
    takeWhole(after, shape.gpus);
    return { score: score(), device: -1 };
  };
  return {
    score: (cluster, node, shape) => best(cluster, node, shape).score,
    device: (cluster, node, shape) => best(cluster, node, shape).device,
  };
}

function takeWhole(devices: Int16Array, gpus: number): void {
  let missing = gpus;
  for (let at = 0; missing > 0; at += 1) {
    if (devices[at] !== MILLI) continue;
    devices[at] = 0;
    missing -= 1;
  }
}

/** Tries the share on each device; of devices with equal room only on the first. */
function bestDevice(
  devices: Int16Array,
  milli: number,
  score: () => number,
): { score: number; device: number } {
  let best = { score: -1, device: -1 };
  for (const [device, free] of devices.entries()) {
    if (free < milli || devices.indexOf(free) < device) continue;
    devices[device] = free - milli;
    const found = score();
    devices[device] = free;
    if (found > best.score) best = { score: found, device };
  }
  return best;
}
