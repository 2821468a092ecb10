import type { V1EnvVar } from "@kubernetes/client-node";
import type { VolumeSpec } from "../intent/spec-schema.ts";

type Source = NonNullable<VolumeSpec["source"]>;
type SourceType = NonNullable<Source["type"]>;

/** Where a volume's data comes from, as rclone names it. */
export interface Remote {
  readonly type: SourceType;
  /** `:s3:bucket/path` */
  readonly url: string;
  /** Azure's storage account, where the URI names it. */
  readonly account?: string;
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

const AZURE_URL = /^https:\/\/([a-z0-9]{3,24})\.blob\.core\.windows\.net\/+([^?#]+)$/;

/**
 * Reads a source: `s3://bucket/path`, `gs://bucket/path`, `azure://container/path`, or Azure's
 * `https://<account>.blob.core.windows.net/container/path`. Undefined: no source, or its URI does not fit its type.
 */
export function parseSource(source: Source | undefined): Remote | undefined {
  const { type, uri } = source ?? {};
  if (type === undefined || uri === undefined) return undefined;
  const { schemes, backend } = STORES[type];
  const azure = type === "Azure" ? AZURE_URL.exec(uri) : null;
  if (azure !== null) return { type, url: `:${backend}:${azure[2]}`, account: azure[1] ?? "" };
  const [, scheme, path] = /^([a-z0-9]+):\/\/([^/].*)$/.exec(uri) ?? [];
  if (scheme === undefined || path === undefined || !schemes.includes(scheme)) return undefined;
  return { type, url: `:${backend}:${path}` };
}

/** Keys that a Secret with credentials for such a store may have. */
export const credentialKeys = (type: SourceType): readonly string[] => Object.keys(STORES[type].keys);

/** rclone's settings as environment; `secret` is the copied Secret with the credentials. */
export function copyEnvironment(remote: Remote, secret: string | undefined): V1EnvVar[] {
  const { settings, anonymous, keys } = STORES[remote.type];
  const fixed = Object.entries({ ...settings, ...(secret === undefined ? anonymous : {}) });
  const account = remote.account === undefined ? [] : [["RCLONE_AZUREBLOB_ACCOUNT", remote.account] as const];
  const fromSecret = secret === undefined ? [] : Object.entries(keys);
  const named = new Set(account.map(([name]) => name as string));
  return [
    ...[...fixed, ...account].map(([name, value]) => ({ name, value })),
    ...fromSecret
      .filter(([, name]) => !named.has(name))
      .map(([key, name]) => ({
        name,
        valueFrom: { secretKeyRef: { name: secret ?? "", key, optional: true } },
      })),
  ];
}
