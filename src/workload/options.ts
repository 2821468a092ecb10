/** What the hub's configuration, and its knowledge of the provider, say about the objects of an Intent. */
export interface WorkloadOptions {
  /** Tells this hub's objects in a provider from those of another hub. */
  readonly hub: string;
  readonly tenant: string;
  readonly namespace: {
    readonly name: string;
    /** False: the namespace is somebody else's; it is neither made nor limited. Default true. */
    readonly exclusive?: boolean;
    /** Capsule's Tenant in the provider's cluster that the namespace belongs to. */
    readonly capsuleTenant?: CapsuleTenant;
  };
  /** Put on every object and pod beside our own. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly ingress?: IngressOptions;
  /** Type of the Service where an exposed port has no host, so no Ingress. Default ClusterIP. */
  readonly exposeAs?: "ClusterIP" | "NodePort" | "LoadBalancer";
  readonly storage?: {
    /** Class of volumes that one node mounts; the cluster's default where absent. */
    readonly className?: string;
    /** Class of volumes that several nodes mount (ReadWriteMany). */
    readonly sharedClassName?: string;
  };
  /** Secrets to pull images with, in `namespace` of the hub's cluster. */
  readonly imagePullSecrets?: readonly { readonly namespace: string; readonly name: string }[];
  /** Hard limits of the ResourceQuota beside those that follow from the Intent; these win. */
  readonly quota?: Readonly<Record<string, string>>;
  /** Requests of containers for which the Intent names none. Default 100m and 256Mi. */
  readonly defaultRequests?: { readonly cpu?: string; readonly memory?: string };
  /** Limits as a multiple of the requests; a resource that is not named has none. Default memory 1. */
  readonly limits?: { readonly cpu?: number; readonly memory?: number };
  readonly network?: NetworkOptions;
  readonly priorityClassName?: string;
  readonly podSecurity?: PodSecurityOptions;
  readonly autoscaling?: {
    /** Metric of the pods that tells GPU utilisation in percent, such as DCGM_FI_DEV_GPU_UTIL; absent: not served. */
    readonly gpuMetric?: string;
  };
  /** Image with rclone as its entrypoint, which copies volumes in and out. */
  readonly copyImage?: string;
  readonly job?: {
    /** How long a finished Job stays to be read. Default a day. */
    readonly ttlSecondsAfterFinished?: number;
    /** True where the provider's Kubernetes knows `successPolicy` (1.31 and newer). */
    readonly successPolicy?: boolean;
  };
  /** How long a container may take until its port answers, images and models being large. Default 1800. */
  readonly startupSeconds?: number;
}

export interface CapsuleTenant {
  readonly name: string;
  /** Absent where the account may not read Tenants: Capsule itself makes the Tenant the owner then. */
  readonly uid?: string;
}

export interface IngressOptions {
  readonly className?: string;
  /** Hosts of exposed ports without a domain of their own are made below this one. */
  readonly domain?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** HTTPS; the certificate is in this Secret of the namespace, or in `<name>-tls` for an issuer to fill. */
  readonly tls?: { readonly secretName?: string };
}

export interface NetworkOptions {
  /** Labels of the namespaces that may reach exposed ports, the ingress controller's; absent: from everywhere. */
  readonly ingressFrom?: Readonly<Record<string, string>>;
  /** `open`: everywhere but `blocked`; `closed`: DNS and the workload's own pods only. Default open. */
  readonly egress?: "open" | "closed";
  /** Where an open egress does not lead to. Default the metadata service of the clouds. */
  readonly blocked?: readonly string[];
  /** Where a closed egress leads to all the same. */
  readonly allowed?: readonly string[];
}

export interface PodSecurityOptions {
  /** Beginnings of image names that need root: their namespace gets level `baseline` instead of `restricted`. */
  readonly rootImages?: readonly string[];
  /** User and group of the container; `image`: the image's own, which must be a number other than 0. Default 1000. */
  readonly runAsUser?: number | "image";
  /** Groups that own the device files: `render` and `video` for AMD and Intel. */
  readonly supplementalGroups?: readonly number[];
}

export const DEFAULTS = {
  defaultRequests: { cpu: "100m", memory: "256Mi" },
  limits: { memory: 1 },
  copyImage: "rclone/rclone:1.71.0",
  ttlSecondsAfterFinished: 86_400,
  startupSeconds: 1800,
  /** The metadata service of AWS, Google, Azure and others: who reaches it may act as the node. */
  blocked: ["169.254.169.254/32", "fd00:ec2::254/128"],
  runAsUser: 1000,
  /** Milliseconds, as INTENT's default of `sla.maxInterruptionTime`. */
  maxInterruptionMs: 120_000,
} as const;
