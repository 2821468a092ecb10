import { providerSpecSchema } from "../../intent/provider-schema.ts";
import type { Provider } from "../../intent/resources.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";

/**
 * Reads a Provider as the API server gives it: the CRD has checked it, but a CRD of another version may have let more
 * pass. Throws an Error that names the Provider and every field that is wrong.
 */
export function readProvider(
  object: KubeObject & { readonly spec?: unknown; readonly status?: unknown },
): Provider {
  const name = object.metadata?.name ?? "";
  const spec = providerSpecSchema.safeParse(object.spec ?? {});
  if (!spec.success) {
    const problems = spec.error.issues.map(({ path, message }) => `spec.${path.join(".")}: ${message}`);
    throw new Error(`Provider ${name}: ${problems.join("; ")}`);
  }
  return {
    apiVersion: "flare.clastix.io/v1alpha1",
    kind: "Provider",
    metadata: object.metadata ?? {},
    spec: spec.data,
    // Our own, or nobody's.
    ...(object.status === undefined ? {} : { status: object.status as NonNullable<Provider["status"]> }),
  };
}
