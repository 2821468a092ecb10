import type * as z from "zod";
import type { KubeObject } from "../kubernetes/objects.ts";
import { fields, metadata, reference, text } from "./wire.ts";

export interface AllocationFacts {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly contract: { readonly name: string; readonly namespace: string };
}

/** An Allocation on the consumer's side: FLUIDOS peers for it, and asks Liqo for a slice. */
export function buildAllocation({
  name,
  namespace,
  labels,
  annotations,
  contract,
}: AllocationFacts): KubeObject {
  const object = {
    apiVersion: "nodecore.fluidos.eu/v1alpha1",
    kind: "Allocation",
    metadata: { name, namespace, labels, annotations },
    spec: { contract },
  };
  return object;
}

const allocation = fields({
  metadata,
  spec: fields({ contract: reference }),
  status: fields({ status: text, message: text, resourceRef: reference }),
}).transform(({ metadata: meta, spec, status }) => ({
  name: meta.name,
  namespace: meta.namespace,
  labels: meta.labels,
  annotations: meta.annotations,
  createdAt: meta.creationTimestamp,
  deleting: meta.deletionTimestamp !== undefined,
  contract: spec.contract.name,
  /** `Inactive`, `Peering`, `Active`, `Provisioning`, `Error`, ... `Active` says that Liqo accepted, not that anything works. */
  state: status.status,
  message: status.message,
  /** Name of the ForeignCluster. */
  foreignCluster: status.resourceRef.name,
}));

export type Allocation = z.output<typeof allocation>;

/** Reads an Allocation. Never throws. */
export const parseAllocation = (object: unknown): Allocation => allocation.parse(object);
