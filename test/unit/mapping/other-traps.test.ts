import { describe, test } from "vitest";
import type { DraDevice } from "../../../src/mapping/facts.ts";
import { expectMapped, nvidia, type Trap } from "./trap.ts";

/** Labels of AMD's node labeller. */
const amd = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [`amd.com/gpu.${key}`, value]));
const counted = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [`beta.amd.com/gpu.${key}`, value]));

const MI300X = amd({ "device-id": "74a1", "cu-count": "304", vram: "192G", family: "AI" });

const amdTraps: Readonly<Record<string, Trap>> = {
  "no count label: allocatable counts; vram is GiB; family AI is no architecture": {
    node: { labels: MI300X, allocatable: { "amd.com/gpu": "8" } },
    devices: [{ model: "amd-mi300x", variant: "oam-192gb", count: 8, memoryGi: 192 }],
    annotations: {
      architecture: "cdna3",
      interconnect: "infinity-fabric",
      "amd.fluidos.eu/gfx-architecture": "gfx942",
      "compute-capability": undefined,
    },
  },
  "MI300X virtual function: 191G and 192G are the same card": {
    node: {
      labels: {
        ...amd({ "device-id": "74b5", vram: "191G" }),
        "feature.node.kubernetes.io/amd-vgpu": "true",
      },
      allocatable: { "amd.com/gpu": "1" },
    },
    devices: [{ model: "amd-mi300x", variant: "vf-192gb", memoryGi: 192 }],
    annotations: { "amd.fluidos.eu/sriov-capable": "true" },
  },
  "partitions of strategy single: a label names them, figures are of one": {
    node: {
      labels: {
        ...amd({ "device-id": "74a1", "cu-count": "38", vram: "24G" }),
        "amd.com/gpu.compute-memory-partition": "cpx_nps4",
      },
      allocatable: { "amd.com/gpu": "64" },
    },
    devices: [{ model: "amd-mi300x", profile: "cpx_nps4", count: 64, memoryGi: 24, sharing: "mig" }],
    annotations: { dedicated: "false", cores: "2432", "cost.fluidos.eu/hourly-rate": "60" },
  },
  "partitions of strategy mixed: a resource for each; the uncut one is whole": {
    node: {
      labels: amd({ "device-id": "74a1" }),
      allocatable: { "amd.com/cpx_nps1": "8", "amd.com/spx_nps1": "7" },
    },
    devices: [
      { resource: "amd.com/spx_nps1", count: 7, memoryGi: 192, sharing: "none" },
      { resource: "amd.com/cpx_nps1", count: 8, memoryGi: 24, sharing: "mig", profile: "cpx_nps1" },
    ],
    annotations: { dedicated: "true" },
  },
  "partitions that no label names, seen by half the memory": {
    node: { labels: amd({ "device-id": "75a3", vram: "144G" }), allocatable: { "amd.com/gpu": "16" } },
    devices: [{ model: "amd-mi355x", count: 16, memoryGi: 144, sharing: "mig" }],
    annotations: { dedicated: "false" },
  },
  "counted beta keys of an old labeller": {
    node: {
      labels: counted({ "device-id.740f": "1", "vram.64G": "1", "family.AI": "1" }),
      allocatable: { "amd.com/gpu": "1" },
    },
    devices: [{ model: "amd-mi210", count: 1, memoryGi: 64 }],
  },
  "differing devices: a group for each id": {
    node: {
      labels: counted({ "device-id.740f": "2", "device-id.744c": "1" }),
      allocatable: { "amd.com/gpu": "3" },
    },
    devices: [
      { model: "amd-mi210", count: 2 },
      { vendor: "amd", count: 1 },
    ],
    // 744c is three cards: the RX 7900 XT, XTX and GRE.
    problems: ["unknown-product"],
  },
  "counted keys that nobody cleaned up: no more than allocatable is promised": {
    node: {
      labels: counted({ "device-id.740f": "4", "device-id.74a1": "8" }),
      allocatable: { "amd.com/gpu": "8" },
    },
    devices: [
      { model: "amd-mi300x", count: 4 },
      { model: "amd-mi210", count: 4 },
    ],
    problems: ["count-mismatch"],
  },
  "two devices for each MI250 board": {
    node: { labels: amd({ "device-id": "740c", vram: "64G" }), allocatable: { "amd.com/gpu": "16" } },
    devices: [{ model: "amd-mi250", count: 16, memoryGi: 64 }],
  },
  "product name without id": {
    node: {
      labels: amd({ "product-name": "AMD_Instinct_MI325_OAM", vram: "256G" }),
      allocatable: { "amd.com/gpu": "8" },
    },
    devices: [{ model: "amd-mi325x", count: 8, memoryGi: 256 }],
  },
  "the driver's generic name is no product": {
    node: { labels: amd({ "product-name": "AMD_Radeon_Graphics" }), allocatable: { "amd.com/gpu": "1" } },
    devices: [{ vendor: "amd" }],
    annotations: { model: undefined },
    problems: ["unknown-product"],
  },
  "the labels that FLARE's own document invented": {
    node: {
      labels: {
        "amd.com/gpu.product": "AMD-Instinct-MI300X",
        "amd.com/gpu.count": "8",
        "amd.com/gpu.memory": "192000",
        "amd.com/gpu.family": "cdna3",
        "amd.com/rocm.driver-version.full": "6.2.4",
      },
    },
    devices: [{ model: "amd-mi300x", count: 8, memoryGi: 192 }],
    annotations: { architecture: "cdna3", "amd.fluidos.eu/driver-version": "6.2.4" },
  },
  "an invented label is the weakest source": {
    node: {
      labels: { ...MI300X, "amd.com/gpu.product": "AMD-Instinct-MI210", "amd.com/gpu.count": "4" },
      allocatable: { "amd.com/gpu": "8" },
    },
    devices: [{ model: "amd-mi300x", count: 8 }],
  },
  "labels that outlive the device plugin": {
    node: { labels: MI300X, allocatable: { cpu: "8" } },
    devices: [],
    problems: ["stale-labels"],
  },
};

const intelTraps: Readonly<Record<string, Trap>> = {
  "no memory label: the catalogue tells": {
    node: {
      labels: { "gpu.intel.com/product": "Max_1550", "gpu.intel.com/device.count": "4" },
      allocatable: { "gpu.intel.com/i915": "4", "gpu.intel.com/i915_monitoring": "1" },
    },
    devices: [{ model: "intel-max-1550", count: 4, memoryGi: 128, sharing: "none" }],
    annotations: { "memory-per-gpu": "128Gi", "sharing-strategy": "none" },
  },
  "shared-dev-num, which no label tells": {
    node: {
      labels: { "gpu.intel.com/product": "Flex_170", "gpu.intel.com/device.count": "2" },
      allocatable: { "gpu.intel.com/i915": "20" },
    },
    devices: [{ model: "intel-flex-170", count: 2, replicas: 10, sharing: "time-slicing" }],
    problems: ["count-mismatch"],
  },
  "shared-dev-num without NFD's rules, where the hardware tells": {
    node: {
      allocatable: { "gpu.intel.com/xe": "10" },
      hardware: { gpus: [{ address: "0000:03:00.0", vendor: "8086", device: "e20b", class: "030000" }] },
    },
    devices: [{ count: 1, replicas: 10, sharing: "time-slicing" }],
    problems: ["count-mismatch", "unknown-product"],
  },
  "old hook labels: memory is bytes and the sum of the node, millicores count": {
    node: {
      labels: {
        "gpu.intel.com/device-id.0380-56c0.present": "true",
        "gpu.intel.com/memory.max": "34359738368",
        "gpu.intel.com/millicores": "2000",
      },
      allocatable: { "gpu.intel.com/i915": "2" },
    },
    devices: [{ model: "intel-flex-170", count: 2, memoryGi: 16 }],
  },
  "a processor's own graphics": {
    node: {
      labels: {
        "gpu.intel.com/device-id.0300-9a78.present": "true",
        "gpu.intel.com/device-id.0300-9a78.count": "1",
      },
      allocatable: { "gpu.intel.com/i915": "1" },
    },
    devices: [{ variant: "igpu", count: 1 }],
  },
  "an accelerator is preferred to the display's controller": {
    node: {
      labels: {
        "gpu.intel.com/device-id.0300-9a78.present": "true",
        "gpu.intel.com/device-id.0380-56c0.present": "true",
        "gpu.intel.com/device-id.0380-56c0.count": "1",
      },
      allocatable: { "gpu.intel.com/i915": "1" },
    },
    devices: [{ model: "intel-flex-170", count: 1 }],
  },
  "labels that outlive the device plugin": {
    node: { labels: { "gpu.intel.com/product": "Max_1100" }, allocatable: { "gpu.intel.com/i915": "0" } },
    devices: [],
    problems: ["stale-labels"],
  },
};

const cloudTraps: Readonly<Record<string, Trap>> = {
  "CoreWeave's own label": {
    node: { labels: { "gpu.nvidia.com/model": "H200" }, allocatable: { "nvidia.com/gpu": "8" } },
    devices: [{ model: "nvidia-h200", count: 8, memoryGi: 141 }],
    annotations: { "cost.fluidos.eu/hourly-rate": "86.8", "cost.fluidos.eu/currency": "USD" },
  },
  "GKE without an operator": {
    node: {
      labels: { "cloud.google.com/gke-accelerator": "nvidia-h100-80gb", "cloud.google.com/gke-spot": "true" },
      allocatable: { "nvidia.com/gpu": "8" },
    },
    devices: [{ model: "nvidia-h100", variant: "sxm5-80gb", count: 8 }],
    annotations: { interruptible: "true", "provider.fluidos.eu/preemptible": "true" },
  },
  "GKE's partitions": {
    node: {
      labels: {
        "cloud.google.com/gke-accelerator": "nvidia-tesla-a100",
        "cloud.google.com/gke-gpu-partition-size": "1g.5gb",
      },
      allocatable: { "nvidia.com/gpu": "7" },
    },
    devices: [
      {
        model: "nvidia-a100",
        variant: "sxm4-40gb",
        profile: "1g.5gb",
        count: 7,
        memoryGi: 5,
        sharing: "mig",
      },
    ],
    annotations: { "cost.fluidos.eu/hourly-rate": "2.9" },
  },
  "GKE's time sharing": {
    node: {
      labels: {
        "cloud.google.com/gke-accelerator": "nvidia-tesla-t4",
        "cloud.google.com/gke-gpu-sharing-strategy": "time-sharing",
        "cloud.google.com/gke-max-shared-clients-per-gpu": "4",
      },
      allocatable: { "nvidia.com/gpu": "8" },
    },
    devices: [{ model: "nvidia-t4", count: 2, replicas: 4, sharing: "time-slicing" }],
  },
  "Karpenter on AWS: its name is the model, the instance type tells the form factor": {
    node: {
      providerID: "aws:///us-east-1a/i-0abc",
      labels: {
        "karpenter.k8s.aws/instance-gpu-name": "h100",
        "karpenter.k8s.aws/instance-gpu-manufacturer": "nvidia",
        "karpenter.k8s.aws/instance-gpu-count": "8",
        "karpenter.k8s.aws/instance-gpu-memory": "81920",
        "karpenter.sh/capacity-type": "on-demand",
        "node.kubernetes.io/instance-type": "p5.48xlarge",
        "topology.kubernetes.io/region": "us-east-1",
      },
      allocatable: { "nvidia.com/gpu": "8" },
    },
    devices: [{ model: "nvidia-h100", variant: "sxm5-80gb", count: 8, memoryGi: 80 }],
    annotations: {
      interruptible: "false",
      "provider.fluidos.eu/name": "aws",
      "location.fluidos.eu/region": "us-east-1",
    },
  },
  "Karpenter's AMD cards are not NVIDIA's": {
    node: {
      labels: {
        "karpenter.k8s.aws/instance-gpu-name": "radeon-pro-v520",
        "karpenter.k8s.aws/instance-gpu-manufacturer": "amd",
        "karpenter.k8s.aws/instance-gpu-count": "1",
      },
    },
    devices: [{ vendor: "amd", model: "amd-radeon-pro-v520", count: 1 }],
    problems: ["count-mismatch"],
  },
  "an instance type alone, with a device plugin and no labeller": {
    node: {
      providerID: "aws:///us-east-1a/i-0abc",
      labels: {
        "node.kubernetes.io/instance-type": "g6e.xlarge",
        "topology.kubernetes.io/region": "us-east-1",
      },
      allocatable: { "nvidia.com/gpu": "1" },
    },
    devices: [{ model: "nvidia-l40s", count: 1, memoryGi: 48 }],
  },
  "an OpenStack cloud that is known by its regions": {
    node: {
      providerID: "openstack:///d4c2",
      labels: {
        ...nvidia({ "gpu.product": "Tesla-V100-PCIE-16GB", "gpu.count": "1" }),
        "topology.kubernetes.io/region": "GRA5",
      },
      allocatable: { "nvidia.com/gpu": "1" },
    },
    devices: [{ model: "nvidia-v100" }],
    annotations: { "provider.fluidos.eu/name": "ovh", "location.fluidos.eu/region": "gra5" },
  },
};

const dra = (
  driver: string,
  name: string,
  attributes: DraDevice["attributes"],
  capacity: DraDevice["capacity"],
): DraDevice => ({
  driver,
  pool: "node",
  name,
  attributes,
  capacity,
});
const H100_DRA = {
  productName: "NVIDIA H100 80GB HBM3",
  architecture: "Hopper",
  cudaComputeCapability: "9.0.0",
  cudaDriverVersion: "12.4.0",
  driverVersion: "550.54.15",
};
const whole = (name: string, more: DraDevice["attributes"] = {}): DraDevice =>
  dra("gpu.nvidia.com", name, { ...H100_DRA, type: "gpu", ...more }, { memory: "81559Mi" });
const slice = (
  name: string,
  profile: string,
  memory: string,
  more: DraDevice["attributes"] = {},
): DraDevice =>
  dra(
    "gpu.nvidia.com",
    name,
    { ...H100_DRA, type: "mig", profile, ...more },
    { memory, multiprocessors: "16" },
  );
const instinct = (name: string, attributes: DraDevice["attributes"], memory = "192Gi"): DraDevice =>
  dra(
    "gpu.amd.com",
    name,
    { productName: "AMD_Instinct_MI300X_OAM", driverVersion: "6.12.12", ...attributes },
    { memory },
  );

const draTraps: Readonly<Record<string, Trap>> = {
  "NVIDIA's driver: no labels at all": {
    node: { draDevices: [whole("gpu-0"), whole("gpu-1")], allocatable: { cpu: "8" } },
    devices: [
      { resource: "gpu.nvidia.com", model: "nvidia-h100", variant: "sxm5-80gb", count: 2, memoryGi: 80 },
    ],
    annotations: {
      architecture: "hopper",
      "nvidia.fluidos.eu/driver-version": "550.54.15",
      "nvidia.fluidos.eu/cuda-version": "12.4.0",
    },
  },
  "NVIDIA's driver with slices": {
    node: { draDevices: [slice("a", "1g.10gb", "9984Mi"), slice("b", "1g.10gb", "9984Mi")] },
    devices: [{ profile: "1g.10gb", count: 2, memoryGi: 10, sharing: "mig" }],
  },
  "NVIDIA's driver with every way to cut a GPU: only the whole one counts": {
    node: {
      draDevices: [
        whole("gpu-0", { overlapping: true }),
        slice("a", "1g.10gb", "9984Mi", { overlapping: true }),
        slice("b", "7g.80gb", "81008Mi", { overlapping: true }),
      ],
    },
    devices: [{ count: 1, memoryGi: 80, sharing: "none" }],
  },
  "a device plugin is preferred to the driver of the same cards": {
    node: {
      labels: nvidia({ "gpu.product": "NVIDIA-H100-80GB-HBM3", "gpu.count": "2" }),
      allocatable: { "nvidia.com/gpu": "2" },
      draDevices: [whole("gpu-0"), whole("gpu-1")],
    },
    devices: [{ resource: "nvidia.com/gpu", count: 2 }],
  },
  "labels beside the driver when the device plugin is gone": {
    node: {
      labels: nvidia({ "gpu.product": "NVIDIA-H100-80GB-HBM3", "gpu.count": "1" }),
      allocatable: { cpu: "8" },
      draDevices: [whole("gpu-0")],
    },
    devices: [{ resource: "gpu.nvidia.com", count: 1 }],
  },
  "AMD's driver": {
    node: { draDevices: [instinct("gpu-0", { type: "amdgpu" }), instinct("gpu-1", { type: "amdgpu" })] },
    devices: [{ resource: "gpu.amd.com", model: "amd-mi300x", count: 2, memoryGi: 192, sharing: "none" }],
    annotations: { "amd.fluidos.eu/driver-version": "6.12.12" },
  },
  "AMD's driver with partitions": {
    node: {
      draDevices: ["a", "b"].map((name) =>
        instinct(name, { type: "amdgpu-partition", partitionProfile: "cpx_nps4" }, "24Gi"),
      ),
    },
    devices: [{ model: "amd-mi300x", profile: "cpx_nps4", count: 2, memoryGi: 24, sharing: "mig" }],
  },
  "AMD's driver with every way to cut a card: only the uncut one counts": {
    node: {
      draDevices: [
        instinct("gpu-0", { type: "amdgpu", computePartition: "spx" }),
        instinct(
          "gpu-0-cpx",
          { type: "amdgpu-partition", computePartition: "cpx", partitionProfile: "cpx_nps4" },
          "24Gi",
        ),
      ],
    },
    devices: [{ model: "amd-mi300x", count: 1, memoryGi: 192, sharing: "none" }],
  },
};

describe("what AMD's labels mean", () => {
  test.each(Object.entries(amdTraps))("%s", (_name, trap) => expectMapped(trap));
});
describe("what Intel's labels mean", () => {
  test.each(Object.entries(intelTraps))("%s", (_name, trap) => expectMapped(trap));
});
describe("what the clouds' labels mean", () => {
  test.each(Object.entries(cloudTraps))("%s", (_name, trap) => expectMapped(trap));
});
describe("what ResourceSlices mean", () => {
  test.each(Object.entries(draTraps))("%s", (_name, trap) => expectMapped(trap));
});
