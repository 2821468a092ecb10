import { describe, test } from "vitest";
import { expectMapped, nvidia, type Trap } from "./trap.ts";

const H100 = nvidia({
  "gpu.product": "NVIDIA-H100-80GB-HBM3",
  "gpu.count": "8",
  "gpu.memory": "81559",
  "gpu.family": "hopper",
  "gpu.compute.major": "9",
  "gpu.compute.minor": "0",
  "gpu.replicas": "1",
  "gpu.sharing-strategy": "none",
  "mig.capable": "true",
  "mig.strategy": "single",
});

const traps: Readonly<Record<string, Trap>> = {
  "a node without any GPU label or resource gets nothing": {
    node: { labels: { "kubernetes.io/hostname": "cpu-1" }, allocatable: { cpu: "8" } },
    devices: [],
    annotations: { model: undefined },
  },
  "memory is of one GPU, and the usable size means the nominal one": {
    node: { labels: H100, allocatable: { "nvidia.com/gpu": "8" } },
    devices: [{ model: "nvidia-h100", variant: "sxm5-80gb", count: 8, memoryGi: 80, sharing: "none" }],
    annotations: { "memory-per-gpu": "80Gi", count: "8", dedicated: "true", topology: "nvswitch" },
  },
  "MIG single: count and memory are of slices, figures of their share": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
        "gpu.count": "56",
        "gpu.memory": "4864",
        "gpu.multiprocessors": "14",
        "gpu.slices.gi": "1",
        "gpu.replicas": "1",
        "gpu.sharing-strategy": "none",
        "mig.strategy": "single",
      }),
      allocatable: { "nvidia.com/gpu": "56" },
    },
    devices: [{ model: "nvidia-a100", profile: "1g.5gb", count: 56, memoryGi: 5, sharing: "mig" }],
    annotations: {
      cores: "896",
      interconnect: "pcie",
      topology: undefined,
      dedicated: "false",
      "nvidia.fluidos.eu/mig-capable": "true",
      // Eight whole cards, not fifty-six.
      "cost.fluidos.eu/hourly-rate": "23.2",
    },
  },
  "MIG single whose product label NFD dropped (over 63 characters) is still told as slices": {
    node: {
      labels: nvidia({
        "gpu.count": "16",
        "gpu.memory": "24192",
        "gpu.multiprocessors": "46",
        "gpu.slices.gi": "1",
        "mig.config": "all-1g.24gb",
        "mig.strategy": "single",
      }),
      allocatable: { "nvidia.com/gpu": "16" },
    },
    devices: [{ profile: "1g.24gb", count: 16, memoryGi: 24, sharing: "mig" }],
    annotations: { model: undefined, dedicated: "false" },
    problems: ["unknown-product"],
  },
  "MIG mixed: one group for each profile, stale profiles of 0 left out, whole cards not counted": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-A100-SXM4-40GB",
        "gpu.count": "2",
        "gpu.replicas": "0",
        "gpu.memory": "40960",
        "mig.strategy": "mixed",
        "mig-1g.5gb.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
        "mig-1g.5gb.count": "4",
        "mig-1g.5gb.memory": "4864",
        "mig-3g.20gb.product": "NVIDIA-A100-SXM4-40GB-MIG-3g.20gb",
        "mig-3g.20gb.count": "2",
        "mig-3g.20gb.memory": "20096",
      }),
      allocatable: {
        "nvidia.com/gpu": "0",
        "nvidia.com/mig-1g.5gb": "4",
        "nvidia.com/mig-2g.10gb": "0",
        "nvidia.com/mig-3g.20gb": "2",
      },
    },
    devices: [
      { resource: "nvidia.com/mig-3g.20gb", count: 2, memoryGi: 20, profile: "3g.20gb" },
      { resource: "nvidia.com/mig-1g.5gb", count: 4, memoryGi: 5, profile: "1g.5gb" },
    ],
    annotations: { count: "2", "memory-per-gpu": "20Gi", "sharing-strategy": "mig", dedicated: "false" },
  },
  "MIG mixed with one card left whole: its count is the resource's, though the label counts both": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-A100-SXM4-40GB",
        "gpu.count": "2",
        "gpu.replicas": "1",
        "gpu.memory": "40960",
        "mig.strategy": "mixed",
        "mig-1g.5gb.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
        "mig-1g.5gb.count": "7",
        "mig-1g.5gb.memory": "4864",
      }),
      allocatable: { "nvidia.com/gpu": "1", "nvidia.com/mig-1g.5gb": "7" },
    },
    devices: [
      { resource: "nvidia.com/gpu", count: 1, memoryGi: 40, sharing: "none" },
      { resource: "nvidia.com/mig-1g.5gb", count: 7, memoryGi: 5, sharing: "mig" },
    ],
    annotations: { dedicated: "true", "cost.fluidos.eu/hourly-rate": "5.8" },
  },
  "MIG mixed under a label key with another size than the resource (GFD of 2021)": {
    node: {
      labels: nvidia({ "mig-3g.21gb.count": "16", "mig-3g.21gb.product": "A100-SXM4-40GB-MIG-3g.21gb" }),
      allocatable: { "nvidia.com/mig-3g.20gb": "16" },
    },
    devices: [{ resource: "nvidia.com/mig-3g.20gb", model: "nvidia-a100", count: 16, memoryGi: 20 }],
  },
  "MIG profiles with an attribute or a compute instance keep their size and share": {
    node: {
      labels: nvidia({ "gpu.product": "NVIDIA-H100-80GB-HBM3" }),
      allocatable: { "nvidia.com/mig-1g.10gb.me": "1", "nvidia.com/mig-1c.3g.40gb": "2" },
    },
    devices: [
      { profile: "1c.3g.40gb", memoryGi: 40, count: 2 },
      { profile: "1g.10gb.me", memoryGi: 10, count: 1 },
    ],
  },
  "MIG slices that are shared too: replicas of slices": {
    node: {
      labels: nvidia({
        "mig-1g.5gb.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
        "mig-1g.5gb.count": "7",
        "mig-1g.5gb.replicas": "2",
      }),
      allocatable: { "nvidia.com/mig-1g.5gb.shared": "14" },
    },
    devices: [{ resource: "nvidia.com/mig-1g.5gb.shared", count: 7, replicas: 2, sharing: "mig" }],
  },
  "MIG invalid: nothing can be had, and the reason is told": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-A30-MIG-INVALID",
        "gpu.count": "0",
        "gpu.replicas": "0",
        "gpu.memory": "0",
        "gpu.sharing-strategy": "",
      }),
      allocatable: { "nvidia.com/gpu": "0" },
    },
    devices: [],
    problems: ["mig-invalid"],
  },
  "MIG being changed: the old layout, with a word": {
    node: {
      labels: { ...H100, ...nvidia({ "mig.config": "all-1g.10gb", "mig.config.state": "pending" }) },
      allocatable: { "nvidia.com/gpu": "8" },
    },
    devices: [{ count: 8, sharing: "none" }],
    problems: ["layout-changing"],
  },
  "mig.strategy on a card without MIG says nothing": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-GeForce-GTX-1060-6GB",
        "mig.strategy": "mixed",
        "gpu.count": "1",
      }),
      allocatable: { "nvidia.com/gpu": "1" },
    },
    devices: [{ model: "nvidia-gtx-1060", sharing: "none" }],
    annotations: { "sharing-capable": "false", "nvidia.fluidos.eu/mig-capable": undefined },
  },
  "time slicing: the suffix goes, replicas multiply what is allocatable": {
    node: {
      labels: nvidia({
        "gpu.product": "Tesla-T4-SHARED",
        "gpu.count": "2",
        "gpu.replicas": "4",
        "gpu.sharing-strategy": "time-slicing",
        "gpu.memory": "15360",
      }),
      allocatable: { "nvidia.com/gpu": "8" },
    },
    devices: [{ model: "nvidia-t4", count: 2, replicas: 4, sharing: "time-slicing", memoryGi: 16 }],
    annotations: { dedicated: "false", "sharing-capable": "true" },
  },
  "time slicing with renaming: no suffix, another resource": {
    node: {
      labels: nvidia({
        "gpu.product": "Tesla-T4",
        "gpu.count": "1",
        "gpu.replicas": "4",
        "gpu.sharing-strategy": "time-slicing",
      }),
      allocatable: { "nvidia.com/gpu": "0", "nvidia.com/gpu.shared": "4" },
    },
    devices: [{ resource: "nvidia.com/gpu.shared", count: 1, replicas: 4, sharing: "time-slicing" }],
  },
  "MPS: replicas are per GPU": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-H200-SHARED",
        "gpu.replicas": "10",
        "gpu.sharing-strategy": "mps",
      }),
      allocatable: { "nvidia.com/gpu": "80" },
    },
    devices: [{ model: "nvidia-h200", variant: "sxm5-141gb", count: 8, replicas: 10, sharing: "mps" }],
  },
  "sharing that the labeller was not told of (it says 1, the plugin offers 50): one GPU is promised": {
    node: {
      labels: nvidia({
        "gpu.product": "Tesla-T4",
        "gpu.count": "1",
        "gpu.replicas": "1",
        "gpu.sharing-strategy": "none",
      }),
      allocatable: { "nvidia.com/gpu": "50" },
    },
    devices: [{ count: 1, replicas: 1 }],
    problems: ["mixed-models"],
  },
  "the same, where the hardware shows that there is one GPU only": {
    node: {
      labels: nvidia({ "gpu.product": "Tesla-T4", "gpu.count": "1", "gpu.replicas": "1" }),
      allocatable: { "nvidia.com/gpu": "50" },
      hardware: { gpus: [{ address: "0000:00:04.0", vendor: "10de", device: "1eb8", class: "030200" }] },
    },
    devices: [{ count: 1, replicas: 50, sharing: "time-slicing" }],
    problems: ["count-mismatch"],
  },
  "fewer allocatable than labels say: allocatable is the truth": {
    node: { labels: H100, allocatable: { "nvidia.com/gpu": "7" } },
    devices: [{ count: 7 }],
    problems: ["count-mismatch"],
  },
  "vGPU of GRID: a part of a board whose size no label tells": {
    node: {
      labels: nvidia({
        "gpu.product": "GRID-A100-8C",
        "gpu.count": "1",
        "gpu.memory": "8192",
        "mig.capable": "true",
        "vgpu.present": "true",
        "vgpu.host-driver-version": "580.126.08",
      }),
      allocatable: { "nvidia.com/gpu": "1" },
    },
    devices: [{ model: "nvidia-a100", variant: "vgpu-8c", profile: "vgpu-8c", memoryGi: 8 }],
    annotations: {
      dedicated: "false",
      "sharing-capable": "true",
      cores: undefined,
      "nvidia.fluidos.eu/mig-capable": "false",
      "cost.fluidos.eu/hourly-rate": undefined,
    },
  },
  "vGPU -4Q of a board with four GPUs, graphics mode": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-A16-4Q",
        "gpu.count": "1",
        "gpu.memory": "4096",
        "gpu.mode": "graphics",
      }),
      allocatable: { "nvidia.com/gpu": "1" },
    },
    devices: [{ model: "nvidia-a16", variant: "vgpu-4q", memoryGi: 4 }],
    annotations: { dedicated: "false", "sharing-capable": "true" },
  },
  "memory in bytes (GFD 0.6.0)": {
    node: { labels: nvidia({ "gpu.product": "Tesla-T4", "gpu.count": "1", "gpu.memory": "16106127360" }) },
    devices: [{ memoryGi: 16 }],
  },
  "memory of an old driver, which subtracts what it reserves": {
    node: { labels: nvidia({ "gpu.product": "A100-SXM4-40GB", "gpu.count": "1", "gpu.memory": "39538" }) },
    devices: [{ memoryGi: 40, variant: "sxm4-40gb" }],
  },
  "memory that people write with a unit": {
    node: {
      labels: nvidia({
        "gpu.product-name": "NVIDIA-H100-80GB-PCIe",
        "gpu.count": "1",
        "gpu.memory": "81920MiB",
      }),
    },
    devices: [{ model: "nvidia-h100", variant: "pcie-80gb", memoryGi: 80 }],
  },
  "family that lies: Ada under the name of Ampere": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-GeForce-RTX-4090",
        "gpu.count": "1",
        "gpu.family": "ampere",
        "gpu.compute.major": "8",
        "gpu.compute.minor": "9",
      }),
    },
    devices: [{ model: "nvidia-rtx-4090" }],
    annotations: { architecture: "ada-lovelace", "compute-capability": "8.9" },
  },
  "family that lies: the same card without the compute capability": {
    node: {
      labels: nvidia({ "gpu.product": "NVIDIA-GeForce-RTX-4090", "gpu.count": "1", "gpu.family": "ampere" }),
    },
    devices: [{ model: "nvidia-rtx-4090" }],
    annotations: { architecture: "ada-lovelace" },
  },
  "family undefined: Blackwell before GFD 0.18": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-FUTURE-9000",
        "gpu.count": "1",
        "gpu.family": "undefined",
        "gpu.compute.major": "12",
        "gpu.compute.minor": "0",
      }),
    },
    devices: [{ vendor: "nvidia" }],
    annotations: { architecture: "blackwell", model: undefined },
    problems: ["unknown-product"],
  },
  "several models on a node: labels tell of one, the hardware of the others": {
    node: {
      labels: nvidia({ "gpu.product": "Tesla-V100-PCIE-32GB", "gpu.count": "1", "gpu.memory": "32768" }),
      allocatable: { "nvidia.com/gpu": "3" },
      hardware: {
        gpus: ["1db6", "1bb3", "1bb3"].map((device, index) => ({
          address: `0000:0${index}:00.0`,
          vendor: "10de",
          device,
          class: "030200",
        })),
      },
    },
    devices: [
      { model: "nvidia-v100", count: 1, memoryGi: 32 },
      { vendor: "nvidia", count: 2 },
    ],
    problems: ["mixed-models", "unknown-product"],
  },
  "several models, and nobody looked at the hardware: what the labels tell is promised": {
    node: {
      labels: nvidia({ "gpu.product": "Tesla-P4", "gpu.count": "2" }),
      allocatable: { "nvidia.com/gpu": "3" },
    },
    devices: [{ model: "nvidia-p4", count: 2 }],
    problems: ["mixed-models"],
  },
  "labels that outlive the device plugin": {
    node: {
      labels: nvidia({ "gpu.product": "NVIDIA-GeForce-RTX-3090", "gpu.count": "1", "gpu.present": "true" }),
      allocatable: { cpu: "16" },
    },
    devices: [],
    annotations: { model: undefined },
    problems: ["stale-labels"],
  },
  "GPUs passed through to virtual machines, told by the operator": {
    node: {
      labels: nvidia({ "gpu.workload.config": "vm-passthrough", "gpu.product": "NVIDIA-A10" }),
      allocatable: { "nvidia.com/gpu": "0", "nvidia.com/GA102GL_A10": "2" },
    },
    devices: [],
    problems: ["not-allocatable"],
  },
  "GPUs passed through to virtual machines, told by the resource's name alone": {
    node: {
      labels: nvidia({ "gpu.product": "NVIDIA-GeForce-RTX-4090" }),
      allocatable: {
        "nvidia.com/gpu": "0",
        "nvidia.com/AD102_GEFORCE_RTX_4090": "1",
        "nvidia.com/AD102_HIGH_DEFINITION_AUDIO_CONTROLLER": "1",
      },
    },
    devices: [],
    problems: ["not-allocatable"],
  },
  "hardware GPUs that nobody offers": {
    node: {
      allocatable: { cpu: "8" },
      hardware: { gpus: [{ address: "0000:01:00.0", vendor: "10de", device: "2684", class: "030000" }] },
    },
    devices: [],
    problems: ["not-allocatable"],
  },
  "the placeholder name of a driver that is older than the card is no product": {
    node: {
      labels: nvidia({ "gpu.product": "NVIDIA-Graphics-Device", "gpu.count": "4", "gpu.memory": "189471" }),
    },
    devices: [{ vendor: "nvidia", count: 4, memoryGi: 185 }],
    annotations: { model: undefined },
    problems: ["unknown-product"],
  },
  "unified memory that the driver does not report": {
    node: {
      labels: nvidia({
        "gpu.product": "NVIDIA-GB10",
        "gpu.count": "1",
        "gpu.compute.major": "12",
        "gpu.compute.minor": "1",
      }),
    },
    devices: [{ model: "nvidia-gb10", memoryGi: 128 }],
  },
  "fake-gpu-operator: six labels, and that they are no real GPUs": {
    node: {
      labels: {
        ...nvidia({
          "gpu.product": "NVIDIA-H100-80GB-HBM3",
          "gpu.count": "4",
          "gpu.memory": "81920",
          "mig.strategy": "mixed",
          "gpu.present": "true",
        }),
        "run.ai/fake.gpu": "true",
      },
      allocatable: { "nvidia.com/gpu": "4" },
    },
    devices: [{ model: "nvidia-h100", variant: "sxm5-80gb", count: 4, memoryGi: 80 }],
    problems: ["simulated"],
  },
};

/**
 * Products and MiB that the built-in profiles of fake-gpu-operator 0.2 tell, and the model and GiB of the boards that they
 * imitate: the profiles' figures are rounder, and the catalogue wins where they are too far off.
 */
const profiles = {
  a100: ["NVIDIA-A100-SXM4-40GB", "40960", "nvidia-a100", 40],
  h100: ["NVIDIA-H100-80GB-HBM3", "81920", "nvidia-h100", 80],
  l40s: ["NVIDIA-L40S", "49152", "nvidia-l40s", 48],
  t4: ["NVIDIA-T4", "16384", "nvidia-t4", 16],
  b200: ["NVIDIA-B200", "196608", "nvidia-b200", 180],
  gb200: ["NVIDIA-GB200-NVL", "196608", "nvidia-gb200", 186],
  gb300: ["NVIDIA-GB300-NVL", "294912", "nvidia-gb300", 288],
} as const;

const faked = (product: string, memory: string, more: Record<string, string> = {}) => ({
  labels: {
    ...nvidia({
      "gpu.product": product,
      "gpu.count": "2",
      "gpu.memory": memory,
      "mig.strategy": "mixed",
      "gpu.present": "true",
      ...more,
    }),
    "run.ai/fake.gpu": "true",
  },
  allocatable: { "nvidia.com/gpu": "2" },
});

describe("what NVIDIA's labels mean", () => {
  test.each(Object.entries(traps))("%s", (_name, trap) => expectMapped(trap));

  test.each(Object.entries(profiles))(
    "fake-gpu-operator's profile %s is the model that it imitates",
    (_, [product, memory, model, memoryGi]) =>
      expectMapped({
        node: faked(product, memory),
        devices: [{ model, count: 2, memoryGi }],
        problems: ["simulated"],
      }),
  );

  test("fake-gpu-operator's MIG faker cuts nothing that could be asked for: whole GPUs stay", () => {
    const node = faked("NVIDIA-A100-SXM4-40GB", "40960", { "mig.config.state": "success" });
    expectMapped({ node, devices: [{ model: "nvidia-a100", count: 2 }], problems: ["simulated"] });
  });
});
