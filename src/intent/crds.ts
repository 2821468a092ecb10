import type * as z from "zod";
import { providerSpecSchema, providerStatusSchema } from "./provider-schema.ts";
import { intentSpecSchema } from "./spec-schema.ts";
import { intentStatusSchema } from "./status-schema.ts";
import { type StructuralSchema, structuralSchema } from "./structural-schema.ts";

interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
  /** 1: shown by `kubectl get -o wide` only. */
  readonly priority?: 1;
}

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly Column[];
}

const GROUP = "flare.clastix.io";

const age: Column = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since creation",
};

const string = (name: string, jsonPath: string, description: string, priority?: 1): Column => ({
  name,
  type: "string",
  jsonPath,
  description,
  ...(priority === undefined ? {} : { priority }),
});

const INTENT: Definition = {
  kind: "Intent",
  plural: "intents",
  shortNames: ["int"],
  scope: "Namespaced",
  description: "An Intent asks for a workload on GPUs, wherever in the pool they fit best.",
  spec: intentSpecSchema,
  status: intentStatusSchema,
  columns: [
    string("Phase", ".status.phase", "Where it stands"),
    string("Model", ".status.placement.model", "GPU model that it got"),
    {
      name: "GPUs",
      type: "integer",
      jsonPath: ".status.placement.gpus",
      description: "GPUs, slices or shares that it got",
    },
    string("Provider", ".status.placement.provider", "Where it runs"),
    string("Rate", ".status.cost.rate", "Cost of an hour"),
    string("Wanted", ".spec.workload.resources.gpu.model", "GPU model that it asked for", 1),
    string("Node", ".status.placement.node", "Node that it runs on", 1),
    string("Message", ".status.message", "Where it stands, in sentences", 1),
    age,
  ],
};

const PROVIDER: Definition = {
  kind: "Provider",
  plural: "providers",
  shortNames: ["prov"],
  scope: "Cluster",
  description: "A Provider is a Kubernetes cluster that lends its GPU nodes to the pool.",
  spec: providerSpecSchema,
  status: providerStatusSchema,
  columns: [
    string("Reachable", '.status.conditions[?(@.type=="Reachable")].status', "Whether its API answers"),
    string(
      "Authorized",
      '.status.conditions[?(@.type=="Authorized")].status',
      "Whether its API lets the hub read nodes and pods",
    ),
    string("Synced", '.status.conditions[?(@.type=="Synced")].status', "Whether its inventory is current"),
    { name: "Nodes", type: "integer", jsonPath: ".status.nodes", description: "GPU nodes" },
    {
      name: "Devices",
      type: "integer",
      jsonPath: ".status.gpus.total",
      description: "GPUs and MIG slices; one that is shared counts once, while flare gpus counts its shares",
    },
    {
      name: "Free",
      type: "integer",
      jsonPath: ".status.gpus.free",
      description: "Devices of which nobody uses any share",
    },
    string("Engine", ".spec.engine", "How workloads get there"),
    {
      name: "Paused",
      type: "boolean",
      jsonPath: ".spec.paused",
      description: "Whether nothing new is placed there",
      priority: 1,
    },
    string("Message", ".status.message", "What is wrong", 1),
    age,
  ],
};

/** Our CustomResourceDefinitions, by file name. */
export function customResourceDefinitions(): ReadonlyMap<string, object> {
  return new Map(
    [INTENT, PROVIDER].map((definition) => [`${GROUP}_${definition.plural}.yaml`, crdOf(definition)]),
  );
}

function crdOf({ kind, plural, shortNames, scope, columns, ...definition }: Definition): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ["flare"],
      },
      scope,
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: rootSchema(definition) },
          subresources: { status: {} },
        },
      ],
    },
  };
}

const rootSchema = ({
  description,
  spec,
  status,
}: Pick<Definition, "description" | "spec" | "status">): StructuralSchema => ({
  description,
  type: "object",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: structuralSchema(spec),
    status: structuralSchema(status),
  },
});
