/** The part of Capsule's CRD that counts for us. */
export const TENANT_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "tenants.capsule.clastix.io" },
  spec: {
    group: "capsule.clastix.io",
    scope: "Cluster",
    names: { plural: "tenants", singular: "tenant", kind: "Tenant", listKind: "TenantList" },
    versions: [
      {
        name: "v1beta2",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};
