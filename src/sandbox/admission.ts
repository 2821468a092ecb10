import { ApiError } from "./errors.ts";
import type { KubeObject } from "./object.ts";
import type { User } from "./rbac.ts";
import type { ResourceType } from "./resource-type.ts";

/** What somebody wants to write: never a status, and nothing that controllers in this process write. */
export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE";
  readonly type: ResourceType;
  readonly object: KubeObject;
  /** The object as it is, for an update. */
  readonly before: KubeObject | undefined;
  readonly user: User;
}

/** Stands for an admission webhook: returns the object, changed or not, or refuses it with an ApiError. */
export type AdmissionPlugin = (request: AdmissionRequest) => KubeObject;

/** The refusal of a webhook, as the API server passes it on. */
export const deniedBy = (webhook: string, message: string): ApiError =>
  new ApiError(403, "Forbidden", `admission webhook "${webhook}" denied the request: ${message}`, {});
