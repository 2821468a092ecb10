/** GPU Nodes for tests, with labels as real operators write them. */
import type { KubeBody, KubeClient } from "./kube-client.ts";

/** GPU Feature Discovery on a machine with eight H100 SXM. */
export const H100_LABELS: Readonly<Record<string, string>> = {
  "nvidia.com/cuda.driver.major": "550",
  "nvidia.com/cuda.driver.minor": "54",
  "nvidia.com/cuda.driver.rev": "15",
  "nvidia.com/gfd.timestamp": "1732000000",
  "nvidia.com/gpu.compute.major": "9",
  "nvidia.com/gpu.compute.minor": "0",
  "nvidia.com/gpu.count": "8",
  "nvidia.com/gpu.family": "hopper",
  "nvidia.com/gpu.memory": "81559",
  "nvidia.com/gpu.present": "true",
  "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
  "nvidia.com/gpu.replicas": "1",
  "nvidia.com/mig.capable": "true",
  "nvidia.com/mig.strategy": "single",
  "topology.kubernetes.io/region": "eu-west-1",
};

/** Creates a Node with the labels, and with eight allocatable GPUs as its kubelet would report them. */
export async function createGpuNode(
  admin: KubeClient,
  name: string,
  labels: Readonly<Record<string, string>> = H100_LABELS,
  gpus = 8,
): Promise<void> {
  // Every real Node has this label. It also keeps the labels from being empty, in which case Kubernetes 1.20 hands
  // what an apply withdraws to the manager that emptied them.
  const host = { "kubernetes.io/hostname": name };
  await admin.create("/api/v1/nodes", { metadata: { name, labels: { ...host, ...labels } } });
  await setGpus(admin, name, gpus);
}

/** What the kubelet reports as allocatable; 0 as a device plugin that is gone. */
export async function setGpus(admin: KubeClient, name: string, gpus: number): Promise<void> {
  const resources = { cpu: "192", memory: "2113390240Ki", "nvidia.com/gpu": String(gpus) };
  const status = { allocatable: resources, capacity: resources };
  const response = await admin.patch(`/api/v1/nodes/${name}/status`, "merge", { status });
  if (response.status !== 200)
    throw new Error(`status of ${name}: ${response.status} ${response.body.message}`);
}

export async function setLabels(
  admin: KubeClient,
  name: string,
  labels: Readonly<Record<string, string | null>>,
): Promise<void> {
  const response = await admin.patch(`/api/v1/nodes/${name}`, "merge", { metadata: { labels } });
  if (response.status !== 200)
    throw new Error(`labels of ${name}: ${response.status} ${response.body.message}`);
}

export async function getNode(admin: KubeClient, name: string): Promise<KubeBody> {
  return (await admin.get(`/api/v1/nodes/${name}`)).body;
}

export async function annotationsOf(
  admin: KubeClient,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  return (await getNode(admin, name)).metadata?.annotations ?? {};
}
