/** A Node of the size that real ones have: 60 labels, 40 images, the kubelet's conditions; about 15 KB of JSON. */

/** Labels as NFD and GPU Feature Discovery write them on an H100 machine. */
const gpuLabels = {
  "nvidia.com/cuda.driver-version.full": "550.54.15",
  "nvidia.com/cuda.runtime-version.full": "12.4",
  "nvidia.com/gfd.timestamp": "1732000000",
  "nvidia.com/gpu.compute.major": "9",
  "nvidia.com/gpu.compute.minor": "0",
  "nvidia.com/gpu.count": "8",
  "nvidia.com/gpu.family": "hopper",
  "nvidia.com/gpu.machine": "HGX-H100",
  "nvidia.com/gpu.memory": "81559",
  "nvidia.com/gpu.present": "true",
  "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
  "nvidia.com/gpu.replicas": "1",
  "nvidia.com/gpu.sharing-strategy": "none",
  "nvidia.com/mig.capable": "true",
  "nvidia.com/mig.strategy": "single",
  "topology.kubernetes.io/region": "eu-west-1",
  "topology.kubernetes.io/zone": "eu-west-1a",
};

export function gpuNode(name: string): object {
  const features = Array.from({ length: 45 }, (_, index) => [
    `feature.node.kubernetes.io/cpu-cpuid.F${index}`,
    "true",
  ]);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { ...Object.fromEntries(features), ...gpuLabels } },
    spec: { providerID: "aws:///eu-west-1a/i-0123456789abcdef0" },
  };
}

/** What the kubelet reports every five minutes. */
export function gpuNodeStatus(heartbeat: string): object {
  const resources = { cpu: "192", memory: "2113390240Ki", pods: "250", "nvidia.com/gpu": "8" };
  const types = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"];
  const images = Array.from({ length: 40 }, (_, index) => ({
    names: [
      `registry.example/team/image-${index}@sha256:${String(index).padStart(64, "0")}`,
      `registry.example/team/image-${index}:1.${index}`,
    ],
    sizeBytes: 100_000_000 + index,
  }));
  return {
    status: {
      allocatable: resources,
      capacity: resources,
      conditions: types.map((type) => ({
        type,
        status: type === "Ready" ? "True" : "False",
        lastHeartbeatTime: heartbeat,
        lastTransitionTime: "2026-01-01T00:00:00Z",
        reason: "KubeletHas",
        message: "kubelet has what it needs",
      })),
      images,
    },
  };
}
