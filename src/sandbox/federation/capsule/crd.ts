import type { JsonObject } from "../../json.ts";
import {
  anything,
  crd,
  type Field,
  flag,
  list,
  map,
  must,
  object,
  oneOf,
  text,
  whole,
} from "../crds/schema.ts";

/** Which Capsule: what its Tenant needs and tells is not the same. */
export type CapsuleVersion = "v0.10" | "head";

const metadata = object({ annotations: map(text), labels: map(text) });

const owner = object({
  clusterRoles: list(text),
  kind: must(oneOf(["User", "Group", "ServiceAccount"])),
  name: must(text),
  proxySettings: list(anything),
});

/** The parts of a Tenant that the simulation acts on; the rest is kept as it is. */
function spec(version: CapsuleVersion): Field {
  const owners = list(owner);
  const { schema, required } = object({
    cordoned: flag,
    forceTenantPrefix: flag,
    namespaceOptions: object({
      additionalMetadata: metadata,
      additionalMetadataList: list(anything),
      forbiddenAnnotations: anything,
      forbiddenLabels: anything,
      quota: whole,
    }),
    // HEAD takes a Tenant that nobody owns.
    owners: version === "head" ? owners : must(owners),
    resourceQuotas: object({ items: list(anything), scope: oneOf(["Tenant", "Namespace"], "Tenant") }),
  });
  return { schema: { ...schema, "x-kubernetes-preserve-unknown-fields": true }, required };
}

function status(version: CapsuleVersion): Field {
  const states = version === "head" ? ["Cordoned", "Active", "Terminating"] : ["Cordoned", "Active"];
  const common = { namespaces: list(text), size: must(whole), state: must(oneOf(states, "Active")) };
  if (version === "v0.10") return object(common);
  return object({
    ...common,
    conditions: must(list(anything)),
    observedGeneration: whole,
    owners: list(anything),
    spaces: list(anything),
  });
}

/** The CustomResourceDefinition of Capsule's Tenants, in the version that is stored. */
export const tenantCrd = (version: CapsuleVersion): JsonObject =>
  crd({
    group: "capsule.clastix.io",
    version: "v1beta2",
    kind: "Tenant",
    plural: "tenants",
    shortNames: ["tnt"],
    scope: "Cluster",
    columns: {
      State: ".status.state",
      "Namespace quota": ".spec.namespaceOptions.quota",
      "Namespace count": ".status.size",
      Age: ".metadata.creationTimestamp",
    },
    spec: spec(version),
    status: status(version),
  });
