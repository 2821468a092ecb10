import * as z from "zod";
import { choice, cpu, duration, flag, hints, size, whole, words } from "./fields.ts";
import { gpuSchema } from "./gpu-schema.ts";

const portSchema = z.strictObject({
  port: whole(1, 65_535).describe("Port that the container listens on."),
  protocol: choice(["TCP", "UDP"], { restValue: "as-is" }).describe("Protocol of the port.").default("TCP"),
  expose: flag().describe("True: reachable from outside the cluster, through an Ingress.").optional(),
  domain: words().describe("Host name of the Ingress.").optional(),
});

const secretSchema = z.strictObject({
  name: words().describe("Name of the Secret in the Intent's namespace, and of the key in it."),
  env: words().describe("Environment variable that holds its value."),
});

const volumeSourceSchema = z
  .strictObject({
    type: choice(["S3", "GCS", "Azure"]).describe("Kind of store.").optional(),
    uri: words(2048).describe("What is copied in, such as s3://bucket/path.").optional(),
    credentials: words().describe("Secret in the Intent's namespace that holds the credentials.").optional(),
  })
  .describe("Data that is copied into the volume before the workload starts.");

const volumeSchema = z.strictObject({
  name: words().describe("Name of the volume."),
  path: words(4096).describe("Where the container sees it."),
  size: size().describe("Size, such as 100Gi."),
  type: choice(["Persistent", "Temporary"]).describe(
    "Persistent: a PersistentVolumeClaim. Temporary: gone with the pod.",
  ),
  source: volumeSourceSchema.optional(),
});

const scalingSchema = z
  .strictObject({
    minReplicas: whole(1, 1000)
      .describe("Least replicas; so many run where autoScale is not set.")
      .default(1),
    maxReplicas: whole(1, 1000).describe("Most replicas that autoScale may reach.").default(10),
    autoScale: flag().describe("True: a HorizontalPodAutoscaler chooses the number of replicas.").optional(),
    targetCPUPercent: whole(0, 100).describe("CPU utilisation that autoScale holds.").default(70),
    targetGPUPercent: whole(0, 100)
      .describe("GPU utilisation that autoScale holds, where the provider serves the metric.")
      .default(80),
  })
  .describe("Replicas of a Service.");

export const batchSchema = z
  .strictObject({
    parallelTasks: whole(1, 1000)
      .describe("Tasks that run at the same time, each with its own GPUs.")
      .default(1),
    completionPolicy: choice(["All", "Any"], { restValue: "as-is" })
      .describe("All: done when every task has succeeded. Any: when one has.")
      .default("All"),
    maxRetries: whole(0, 1000).describe("Failed tasks that are started again.").default(3),
    timeout: duration().describe("After so long the Job is ended, such as 24h.").default("1h"),
  })
  .register(hints, { aliases: ["job"] })
  .describe("How a Batch workload runs.");

const resourcesSchema = z
  .strictObject({
    cpu: cpu().describe("CPU cores of each replica or task.").optional(),
    memory: size().describe("Main memory of each replica or task.").optional(),
    gpu: gpuSchema.prefault({}),
  })
  .describe("What each replica or task gets.");

export const workloadSchema = z
  .strictObject({
    type: choice(["Service", "Batch"], { values: { job: "Batch" } }).describe(
      "Service: runs until it is deleted. Batch: runs to completion.",
    ),
    name: words(63).describe("Name of the workload: lower case letters, digits and hyphens."),
    image: words(1024).describe("Container image."),
    commands: z
      .array(words(65_536))
      .max(256)
      .describe("One string runs through sh -c; several are the arguments of the container.")
      .optional(),
    env: z
      .array(words(32_768))
      .max(1000)
      .describe("Environment as KEY=value, split at the first =.")
      .optional(),
    secrets: z
      .array(secretSchema)
      .max(100)
      .describe("Secrets that the workload reads as environment.")
      .optional(),
    ports: z.array(portSchema).max(100).describe("Ports of a Service.").optional(),
    resources: resourcesSchema.prefault({}),
    storage: z
      .strictObject({
        volumes: z.array(volumeSchema).max(50).describe("Volumes of the workload.").optional(),
      })
      .describe("Storage of the workload.")
      .optional(),
    scaling: scalingSchema.optional(),
    batch: batchSchema.optional(),
    deploymentStrategy: choice(["Colocated", "Distributed", "Flexible"], {
      values: { flexibile: "Flexible" },
    })
      .describe("Colocated: all in one provider and zone. Distributed: spread over them. Flexible: the best.")
      .optional(),
    communicationPattern: choice(["AllReduce", "Independent", "Pipeline"])
      .describe("How replicas or tasks talk; AllReduce weighs the interconnect and implies Colocated.")
      .optional(),
  })
  .describe("What is to run.");
