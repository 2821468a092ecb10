/** Nodes, pods and surroundings of the hub's unit tests. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { createDescriber } from "../../../src/hub/inventory/describer.ts";
import { type KubeNode, type NodeRecord, nodeRecordOf } from "../../../src/hub/inventory/node-record.ts";
import type { OfferOptions } from "../../../src/hub/inventory/offers.ts";
import { type KubePod, type PodRecord, podRecordOf } from "../../../src/hub/inventory/pod-record.ts";
import { createRegions, type Regions } from "../../../src/hub/inventory/regions.ts";

/** Annotations as the agent writes them on a machine with eight H100 SXM. */
export const H100: Readonly<Record<string, string>> = {
  "gpu.fluidos.eu/vendor": "nvidia",
  "gpu.fluidos.eu/model": "nvidia-h100",
  "gpu.fluidos.eu/variant": "sxm5-80gb",
  "gpu.fluidos.eu/count": "8",
  "gpu.fluidos.eu/memory-per-gpu": "80Gi",
  "gpu.fluidos.eu/tier": "premium",
  "gpu.fluidos.eu/architecture": "hopper",
  "gpu.fluidos.eu/cores": "16896",
  "gpu.fluidos.eu/compute-capability": "9.0",
  "gpu.fluidos.eu/clock-speed": "1.98G",
  "gpu.fluidos.eu/fp32-tflops": "66.9",
  "gpu.fluidos.eu/interconnect": "nvlink",
  "gpu.fluidos.eu/interconnect-bandwidth-gbps": "900",
  "gpu.fluidos.eu/topology": "nvswitch",
  "gpu.fluidos.eu/sharing-strategy": "none",
  "workload.fluidos.eu/training-score": "0.9",
  "location.fluidos.eu/region": "eu-west-1",
  "location.fluidos.eu/zone": "eu-west-1a",
  "cost.fluidos.eu/hourly-rate": "80",
  "cost.fluidos.eu/currency": "USD",
  "provider.fluidos.eu/name": "aws",
  "energy.fluidos.eu/tdp-watts": "700",
  "energy.fluidos.eu/pue": "1.2",
  "gpu.fluidos.eu/devices": JSON.stringify([
    {
      resource: "nvidia.com/gpu",
      model: "nvidia-h100",
      variant: "sxm5-80gb",
      count: 8,
      memoryGi: 80,
      sharing: "none",
      replicas: 1,
    },
  ]),
};

export interface NodeParts {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly spec?: KubeNode["spec"];
  readonly ready?: string;
  readonly deleting?: boolean;
}

/** A ready Node with eight H100, unless told otherwise; an annotation of undefined is taken away. */
export function kubeNode(parts: NodeParts = {}): KubeNode {
  const annotations = Object.entries({ ...H100, ...parts.annotations }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    metadata: {
      name: parts.name ?? "gpu-1",
      uid: `uid-${parts.name ?? "gpu-1"}`,
      labels: { "node.fluidos.eu/gpu": "true", ...parts.labels },
      annotations: Object.fromEntries(annotations),
      ...(parts.deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: parts.spec ?? {},
    status: {
      allocatable: parts.allocatable ?? {
        cpu: "192",
        memory: "2000Gi",
        pods: "110",
        "nvidia.com/gpu": "8",
      },
      conditions: [{ type: "Ready", status: parts.ready ?? "True" }],
      nodeInfo: { architecture: "amd64" },
    },
  };
}

const describeNode = createDescriber();
export const nodeRecord = (parts?: NodeParts): NodeRecord => nodeRecordOf(kubeNode(parts), describeNode);

export interface PodParts {
  readonly name?: string;
  readonly node?: string;
  readonly requests?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly intent?: string;
}

/** A running pod on gpu-1 that requests what is given. */
export function kubePod(parts: PodParts): KubePod {
  const labels = parts.intent === undefined ? {} : { "flare.clastix.io/intent-uid": parts.intent };
  return {
    metadata: { name: parts.name ?? "pod", namespace: "default", labels },
    spec: {
      nodeName: parts.node ?? "gpu-1",
      containers: [{ resources: { requests: parts.requests ?? {} } }],
    },
    status: { phase: parts.phase ?? "Running" },
  };
}

export const podRecord = (parts: PodParts): PodRecord => podRecordOf(kubePod(parts));
/** A pod that holds so many of the eight H100. */
export const gpuPod = (gpus: number, parts: PodParts = {}): PodRecord =>
  podRecord({ ...parts, requests: { "nvidia.com/gpu": String(gpus) } });

export const REGIONS: Regions = createRegions(
  parse(readFileSync("mappings/regions.yaml", "utf8")).lookups.regions,
);

export const offerOptions = (parts: Partial<OfferOptions> = {}): OfferOptions => ({
  provider: "alpha",
  stated: {},
  regions: REGIONS,
  ...parts,
});
