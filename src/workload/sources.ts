import type { V1EnvVar } from "@kubernetes/client-node";
import type { VolumeSpec } from "../intent/spec-schema.ts";

type Source = NonNullable<VolumeSpec["source"]>;
type SourceType = NonNullable<Source["type"]>;

/** Where a volume's data comes from, as rclone names it. */
export interface Remote {
  readonly type: SourceType;
  /** `:s3:bucket/path` */
  readonly url: string;
  /** Settings of rclone that the URI names: Azure's storage account and, elsewhere than in its cloud, the endpoint. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How each kind of store is spoken to: its URI schemes, rclone's backend, fixed settings, keys of the Secret. */
interface Store {
  readonly schemes: readonly string[];
  readonly backend: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Settings without credentials, for what is public. */
  readonly anonymous: Readonly<Record<string, string>>;
  /** Environment variable of rclone by key of the Secret. */
  readonly keys: Readonly<Record<string, string>>;
}

const STORES: Readonly<Record<SourceType, Store>> = {
  S3: {
    schemes: ["s3"],
    backend: "s3",
    // Without leave to make buckets the check whether there is one fails.
    settings: { RCLONE_S3_PROVIDER: "AWS", RCLONE_S3_NO_CHECK_BUCKET: "true" },
    anonymous: {},
    keys: {
      AWS_ACCESS_KEY_ID: "RCLONE_S3_ACCESS_KEY_ID",
      AWS_SECRET_ACCESS_KEY: "RCLONE_S3_SECRET_ACCESS_KEY",
      AWS_SESSION_TOKEN: "RCLONE_S3_SESSION_TOKEN",
      AWS_REGION: "RCLONE_S3_REGION",
      AWS_ENDPOINT_URL: "RCLONE_S3_ENDPOINT",
    },
  },
  GCS: {
    schemes: ["gs", "gcs"],
    backend: "gcs",
    // Buckets with uniform access refuse objects that come with access lists of their own.
    settings: { RCLONE_GCS_BUCKET_POLICY_ONLY: "true", RCLONE_GCS_NO_CHECK_BUCKET: "true" },
    anonymous: { RCLONE_GCS_ANONYMOUS: "true" },
    keys: { "credentials.json": "RCLONE_GCS_SERVICE_ACCOUNT_CREDENTIALS" },
  },
  Azure: {
    schemes: ["azure", "az"],
    backend: "azureblob",
    settings: { RCLONE_AZUREBLOB_NO_CHECK_CONTAINER: "true" },
    anonymous: {},
    keys: {
      AZURE_STORAGE_ACCOUNT: "RCLONE_AZUREBLOB_ACCOUNT",
      AZURE_STORAGE_KEY: "RCLONE_AZUREBLOB_KEY",
      AZURE_STORAGE_SAS_URL: "RCLONE_AZUREBLOB_SAS_URL",
    },
  },
};

const AZURE_BLOB = ".blob.core.windows.net";

/**
 * Reads a source: `s3://bucket/path`, `gs://bucket/path`, `azure://container/path`, and Azure's own forms
 * `https://<account>.blob.core.windows.net/container/path` and `abfss://container@<account>.dfs.core.windows.net/path`.
 * Undefined: no source, or its URI does not fit its type.
 */
export function parseSource(source: Source | undefined): Remote | undefined {
  const { type, uri } = source ?? {};
  if (type === undefined || uri === undefined) return undefined;
  const [, scheme = "", path = ""] = /^([a-z0-9]+):\/\/([^/\s]\S*)$/.exec(uri) ?? [];
  const { schemes, backend } = STORES[type];
  if (schemes.includes(scheme)) return { type, url: `:${backend}:${path}` };
  return type === "Azure" ? azureRemote(scheme, path) : undefined;
}

function azureRemote(scheme: string, path: string): Remote | undefined {
  const isHadoop = scheme === "wasbs" || scheme === "abfss";
  if (!isHadoop && scheme !== "https") return undefined;
  const [authority = "", ...rest] = path.split("/");
  const [container, host] = isHadoop ? authority.split("@") : [rest.shift(), authority];
  if (container === undefined || container === "") return undefined;
  const url = `:azureblob:${[container, ...rest].join("/")}`;
  if (host === undefined || host === "") return { type: "Azure", url };
  const [account = ""] = host.split(".");
  const endpoint = isHadoop ? host.replace(".dfs.", ".blob.") : host;
  return {
    type: "Azure",
    url,
    settings: {
      RCLONE_AZUREBLOB_ACCOUNT: account,
      ...(endpoint.endsWith(AZURE_BLOB) ? {} : { RCLONE_AZUREBLOB_ENDPOINT: `https://${endpoint}` }),
    },
  };
}

/** Keys that a Secret with credentials for such a store may have. */
export const credentialKeys = (type: SourceType): readonly string[] => Object.keys(STORES[type].keys);

/** rclone's settings as environment; `secret` is the copied Secret with the credentials. */
export function copyEnvironment(remote: Remote, secret: string | undefined): V1EnvVar[] {
  const { settings, anonymous, keys } = STORES[remote.type];
  const fixed = { ...settings, ...(secret === undefined ? anonymous : {}), ...remote.settings };
  const fromSecret = secret === undefined ? [] : Object.entries(keys).filter(([, name]) => !(name in fixed));
  return [
    ...Object.entries(fixed).map(([name, value]) => ({ name, value })),
    ...fromSecret.map(([key, name]) => ({
      name,
      valueFrom: { secretKeyRef: { name: secret ?? "", key, optional: true } },
    })),
  ];
}
