import type {
  V1Container,
  V1Deployment,
  V1Ingress,
  V1Job,
  V1LimitRange,
  V1Namespace,
  V1PersistentVolumeClaim,
  V1PodSpec,
  V1ResourceQuota,
  V1Secret,
  V1Service,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";
import { type IntentSpec, intentSpecSchema } from "../../../src/intent/spec-schema.ts";
import type { PlacedTasks, WorkloadInput } from "../../../src/workload/input.ts";
import type { WorkloadOptions } from "../../../src/workload/options.ts";
import { workloadObjects } from "../../../src/workload/workload-objects.ts";

/** What the schema accepts: defaults may be left out. */
type SpecInput = Parameters<typeof intentSpecSchema.parse>[0];
/** A spec of one task with one GPU; `workload` and `rest` are laid over it. */
export function specOf(
  workload: Record<string, unknown> = {},
  rest: Record<string, unknown> = {},
): IntentSpec {
  const spec: SpecInput = {
    objective: "CostMinimization",
    ...rest,
    workload: {
      type: "Service",
      name: "demo",
      image: "example/demo:1",
      resources: { cpu: "2", memory: "8Gi", gpu: {} },
      ...workload,
    },
  };
  return intentSpecSchema.parse(spec);
}

export const ONE_GPU: PlacedTasks = {
  node: "gpu-1",
  tasks: 1,
  resource: "nvidia.com/gpu",
  units: 1,
  taints: [],
};

export const OPTIONS: WorkloadOptions = {
  hub: "hub-1",
  tenant: "team-a",
  namespace: { name: "team-a-demo" },
};

export interface Case {
  readonly workload?: Record<string, unknown>;
  readonly spec?: Record<string, unknown>;
  readonly options?: Partial<WorkloadOptions>;
  readonly assignments?: readonly PlacedTasks[];
  readonly input?: Partial<WorkloadInput>;
}

export function inputOf({ workload, spec, options, assignments, input }: Case = {}): WorkloadInput {
  return {
    intent: {
      namespace: "team-a",
      name: "demo",
      uid: "6f1c8a52-4f0e-4d3b-9d7e-0a1b2c3d4e5f",
      spec: specOf(workload, spec),
    },
    placement: { provider: "milan", assignments: assignments ?? [ONE_GPU] },
    options: { ...OPTIONS, ...options },
    ...input,
  };
}

interface Kinds {
  readonly Namespace: V1Namespace;
  readonly ResourceQuota: V1ResourceQuota;
  readonly LimitRange: V1LimitRange;
  readonly NetworkPolicy: { readonly spec?: Readonly<Record<string, unknown>> };
  readonly Secret: V1Secret;
  readonly PersistentVolumeClaim: V1PersistentVolumeClaim;
  readonly Service: V1Service;
  readonly Deployment: V1Deployment;
  readonly Job: V1Job;
  readonly Ingress: V1Ingress;
  readonly HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
}

/** The objects of one kind that a case gives. */
export const objectsOf = <K extends keyof Kinds>(kind: K, given: Case = {}): readonly Kinds[K][] =>
  workloadObjects(inputOf(given)).filter((object) => object.kind === kind) as unknown as readonly Kinds[K][];

/** The only object of its kind. */
export function objectOf<K extends keyof Kinds>(kind: K, given: Case = {}): Kinds[K] {
  const [only, ...others] = objectsOf(kind, given);
  if (only === undefined || others.length > 0) throw new Error(`not one object of kind ${kind}`);
  return only;
}

/** The pod's spec of the first Deployment or Job. */
export function podOf(given: Case = {}): V1PodSpec {
  const [first] = objectsOf(given.workload?.type === "Batch" ? "Job" : "Deployment", given);
  if (first?.spec?.template.spec === undefined) throw new Error("no pod");
  return first.spec.template.spec;
}

/** The container that runs the Intent's image. */
export function mainOf(given: Case = {}): V1Container {
  const { containers, initContainers = [] } = podOf(given);
  const main = [...containers, ...initContainers].find(({ name }) => name === "main");
  if (main === undefined) throw new Error("no container main");
  return main;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The three Intents of the documentation, placed. */
export const EXAMPLES: Readonly<Record<string, WorkloadInput>> = {
  training: {
    intent: {
      namespace: "team-a",
      name: "train-llm",
      uid: "0c9f2f4e-6a55-4d6f-8f0e-1f6f6a1b7c01",
      spec: specOf(
        {
          type: "Batch",
          name: "train-llm",
          image: "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime",
          commands: [
            "torchrun --nnodes=$FLARE_TASKS --node-rank=$JOB_COMPLETION_INDEX --nproc-per-node=8 --master-addr=$MASTER_ADDR --master-port=$MASTER_PORT train.py --run=$(date +%s)",
          ],
          env: ["NCCL_DEBUG=INFO", "TRAIN_ARGS=--lr=3e-4 --seed 7"],
          secrets: [{ name: "hf-token", env: "HF_TOKEN" }],
          resources: {
            cpu: "32",
            memory: "512Gi",
            gpu: { model: "nvidia-h100", count: 8, interconnect: "NvLink" },
          },
          batch: { parallelTasks: 2, completionPolicy: "All", maxRetries: 2, timeout: "24h" },
          communicationPattern: "AllReduce",
          deploymentStrategy: "Colocated",
          storage: {
            volumes: [{ name: "checkpoints", path: "/checkpoints", size: "500Gi", type: "Persistent" }],
          },
        },
        {
          objective: "PerformanceMaximization",
          sla: { backupStrategy: "Checkpoint", maxInterruptionTime: "5m" },
        },
      ),
    },
    placement: {
      provider: "frankfurt",
      assignments: ["dgx-01", "dgx-02"].map((node) => ({
        node,
        hostname: `${node}.fra.example.com`,
        tasks: 1,
        resource: "nvidia.com/gpu",
        units: 8,
        taints: [{ key: "nvidia.com/gpu", effect: "NoSchedule" }],
      })),
    },
    options: {
      hub: "hub-1",
      tenant: "team-a",
      namespace: { name: "team-a-train-llm" },
      storage: { className: "fast", sharedClassName: "shared-nfs" },
      imagePullSecrets: [{ namespace: "flare-system", name: "registry" }],
    },
    secrets: {
      "team-a/hf-token": { data: { "hf-token": base64("hf_example"), other: base64("stays on the hub") } },
      "flare-system/registry": {
        type: "kubernetes.io/dockerconfigjson",
        data: { ".dockerconfigjson": base64('{"auths":{}}') },
      },
    },
  },
  inference: {
    intent: {
      namespace: "team-b",
      name: "chat",
      uid: "7d1b5a39-2f3e-4c2a-b5c6-9a8b7c6d5e02",
      spec: specOf({
        type: "Service",
        name: "chat",
        image: "vllm/vllm-openai:v0.8.5",
        commands: ["vllm", "serve", "mistralai/Mistral-7B-Instruct-v0.3", "--port", "8000"],
        env: ["HOME=/cache"],
        ports: [{ port: 8000, expose: true, domain: "chat.example.com" }, { port: 9090 }],
        resources: { cpu: "4", memory: "24Gi", gpu: { multiInstance: true, memoryMin: "20Gi" } },
        scaling: {
          minReplicas: 1,
          maxReplicas: 3,
          autoScale: true,
          targetCPUPercent: 60,
          targetGPUPercent: 75,
        },
        storage: { volumes: [{ name: "cache", path: "/cache", size: "40Gi", type: "Temporary" }] },
      }),
    },
    placement: {
      provider: "milan",
      assignments: [
        {
          node: "a100-3",
          tasks: 2,
          resource: "nvidia.com/mig-3g.40gb",
          units: 1,
          taints: [{ key: "sku", value: "gpu", effect: "NoSchedule" }],
        },
      ],
    },
    options: {
      hub: "hub-1",
      tenant: "team-b",
      namespace: { name: "team-b-chat" },
      ingress: {
        className: "nginx",
        annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
        tls: {},
      },
      network: { ingressFrom: { "kubernetes.io/metadata.name": "ingress-nginx" } },
      autoscaling: { gpuMetric: "DCGM_FI_DEV_GPU_UTIL" },
      priorityClassName: "flare-service",
    },
  },
  batch: {
    intent: {
      namespace: "team-a",
      name: "render",
      uid: "b4e6a1d2-8c7b-4f5a-9e3d-2c1b0a9f8e03",
      spec: specOf({
        type: "Batch",
        name: "render",
        image: "example/render:4.2",
        commands: ["/usr/bin/render", "--in=/in", "--out=/out"],
        resources: { cpu: "8", memory: "32Gi", gpu: { model: "nvidia-l40s" } },
        batch: { maxRetries: 1 },
        storage: {
          volumes: [
            {
              name: "scenes",
              path: "/in",
              size: "100Gi",
              type: "Temporary",
              source: { type: "S3", uri: "s3://studio/scenes", credentials: "studio-s3" },
            },
            {
              name: "frames",
              path: "/out",
              size: "200Gi",
              type: "Persistent",
              source: { type: "S3", uri: "s3://studio/frames", credentials: "studio-s3" },
            },
          ],
        },
      }),
    },
    placement: {
      provider: "paris",
      assignments: [{ node: "l40s-7", tasks: 1, resource: "nvidia.com/gpu", units: 1, taints: [] }],
    },
    options: {
      hub: "hub-1",
      tenant: "team-a",
      namespace: { name: "team-a-render" },
      storage: { className: "standard" },
    },
    secrets: {
      "team-a/studio-s3": {
        data: {
          AWS_ACCESS_KEY_ID: base64("AKIAEXAMPLE"),
          AWS_SECRET_ACCESS_KEY: base64("example"),
          note: base64("mine"),
        },
      },
    },
  },
};
