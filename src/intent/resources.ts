import type { ObjectMeta } from "../kubernetes/objects.ts";
import type { ProviderSpec, ProviderStatus } from "./provider-schema.ts";
import type { IntentSpec } from "./spec-schema.ts";
import type { IntentStatus } from "./status-schema.ts";

export const API_VERSION = "flare.clastix.io/v1alpha1";

/** The Intent as it lives in a cluster, its spec in the canonical form. */
export interface Intent {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "Intent";
  readonly metadata: ObjectMeta;
  readonly spec: IntentSpec;
  readonly status?: IntentStatus;
}

/** A provider cluster as it is told to the hub; cluster-scoped. */
export interface Provider {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "Provider";
  readonly metadata: ObjectMeta;
  readonly spec: ProviderSpec;
  readonly status?: ProviderStatus;
}
