/** Nodes as run.ai's fake-gpu-operator leaves them: six labels, GPUs that no container ever sees. */

export type FakeGpuProfile = "a100" | "b200" | "gb200" | "gb300" | "h100" | "l40s" | "t4";

/** Its built-in profiles: the product as its label has it, and a memory (MiB) that is rounder than any real one. */
export const fakeGpuProfiles: Readonly<
  Record<FakeGpuProfile, { readonly product: string; readonly memoryMib: number }>
> = {
  a100: { product: "NVIDIA-A100-SXM4-40GB", memoryMib: 40_960 },
  b200: { product: "NVIDIA-B200", memoryMib: 196_608 },
  gb200: { product: "NVIDIA-GB200-NVL", memoryMib: 196_608 },
  gb300: { product: "NVIDIA-GB300-NVL", memoryMib: 294_912 },
  h100: { product: "NVIDIA-H100-80GB-HBM3", memoryMib: 81_920 },
  l40s: { product: "NVIDIA-L40S", memoryMib: 49_152 },
  t4: { product: "NVIDIA-T4", memoryMib: 16_384 },
};

export interface FakeGpuNodeOptions {
  readonly name: string;
  readonly profile: FakeGpuProfile;
  readonly count: number;
  /** The node pool of its topology. Default `default`. */
  readonly pool?: string;
  /** Whether its MIG faker has been at the node. Default false. */
  readonly mig?: boolean;
}

export interface FakeGpuNode {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, never>>;
  readonly status: {
    readonly allocatable: Readonly<Record<string, string>>;
    readonly capacity: Readonly<Record<string, string>>;
    readonly conditions: readonly object[];
  };
}

/** A ready node of that profile, fit for the API of a sandbox. */
export function fakeGpuNode(options: FakeGpuNodeOptions): FakeGpuNode {
  const { name, profile, count, pool = "default", mig = false } = options;
  const { product, memoryMib } = fakeGpuProfiles[profile];
  const capacity = { cpu: "32", memory: "128Gi", pods: "110", "nvidia.com/gpu": String(count) };
  return {
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "run.ai/simulated-gpu-node-pool": pool,
        // Of its status exporter.
        "nvidia.com/gpu.product": product,
        "nvidia.com/gpu.memory": String(memoryMib),
        "nvidia.com/gpu.count": String(count),
        "nvidia.com/gpu.present": "true",
        "nvidia.com/mig.strategy": "mixed",
        "run.ai/fake.gpu": "true",
        // Of its status updater.
        "nvidia.com/gpu.deploy.dcgm-exporter": "true",
        "nvidia.com/gpu.deploy.device-plugin": "true",
        ...(mig ? { "nvidia.com/mig.config.state": "success" } : {}),
      },
      // Which instances were made of which GPU; nothing reads what is in it.
      annotations: mig ? { "run.ai/mig-mapping": "e30=" } : {},
    },
    spec: {},
    status: { allocatable: capacity, capacity, conditions: [{ type: "Ready", status: "True" }] },
  };
}
