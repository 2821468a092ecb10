import * as z from "zod";
import { parseQuantity } from "../../units/quantity.ts";
import { parseCidr } from "../../workload/cidr.ts";
import { name } from "../config-fields.ts";
import type { WorkloadDefaults } from "../engines/deploy.ts";

const words = (max: number) => z.string().min(1).max(max);

const quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => (parseQuantity(text)?.nanos ?? -1n) >= 0n, "a quantity such as 500m, 2 or 4Gi");

const labels = z.record(
  z.string().regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/, "a label's key"),
  z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, "a label's value"),
);

const cidrs = z
  .array(z.string().refine((text) => parseCidr(text) !== undefined, "a range such as 10.0.0.0/8 or fd00::/8"))
  .max(200);

const ingress = z.strictObject({
  className: name.exactOptional(),
  domain: name.exactOptional(),
  annotations: z.record(words(317), z.string().max(10_000)).exactOptional(),
  tls: z.strictObject({ secretName: name.exactOptional() }).exactOptional(),
});

const network = z.strictObject({
  ingressFrom: labels.exactOptional(),
  egress: z.enum(["open", "closed"]).exactOptional(),
  blocked: cidrs.exactOptional(),
  allowed: cidrs.exactOptional(),
});

const podSecurity = z.strictObject({
  rootImages: z.array(words(255)).max(1000).exactOptional(),
  runAsUser: z.union([z.int().min(1).max(2_147_483_647), z.literal("image")]).exactOptional(),
  supplementalGroups: z.array(z.int().min(1).max(2_147_483_647)).max(32).exactOptional(),
});

const factor = z.number().min(1).max(1000);

/** What holds for all workloads: the settings of src/workload/options.ts that are an operator's. */
export const workloadSection = z.strictObject({
  labels: labels.exactOptional(),
  ingress: ingress.exactOptional(),
  exposeAs: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).exactOptional(),
  storage: z
    .strictObject({ className: name.exactOptional(), sharedClassName: name.exactOptional() })
    .exactOptional(),
  imagePullSecrets: z
    .array(z.strictObject({ namespace: name, name }))
    .max(20)
    .exactOptional(),
  quota: z.record(words(317), quantity).exactOptional(),
  defaultRequests: z
    .strictObject({ cpu: quantity.exactOptional(), memory: quantity.exactOptional() })
    .exactOptional(),
  limits: z.strictObject({ cpu: factor.exactOptional(), memory: factor.exactOptional() }).exactOptional(),
  network: network.exactOptional(),
  priorityClassName: name.exactOptional(),
  podSecurity: podSecurity.exactOptional(),
  autoscaling: z.strictObject({ gpuMetric: words(200).exactOptional() }).exactOptional(),
  copyImage: words(512).exactOptional(),
  job: z
    .strictObject({
      ttlSecondsAfterFinished: z.int().min(0).max(31_536_000).exactOptional(),
      successPolicy: z.boolean().exactOptional(),
    })
    .exactOptional(),
  startupSeconds: z.int().min(1).max(86_400).exactOptional(),
}) satisfies z.ZodType<WorkloadDefaults>;
