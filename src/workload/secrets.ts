import type { V1EnvVar, V1Secret } from "@kubernetes/client-node";
import { metadata, type WorkloadContext } from "./context.ts";
import type { WorkloadInput } from "./input.ts";
import type { Manifest } from "./manifest.ts";
import { baseName, joinName } from "./names.ts";
import { credentialKeys } from "./sources.ts";

/** A Secret on the hub that is copied to where the workload runs. */
export interface SecretReference {
  readonly from: { readonly namespace: string; readonly name: string };
  /** Keys that are copied; the others stay on the hub. */
  readonly keys: readonly string[];
  /** Name of the copy. */
  readonly name: string;
  readonly use: "env" | "credentials" | "image-pull";
}

/** What must be read on the hub for `WorkloadInput.secrets`, each Secret once. */
export function secretReferences(
  input: Pick<WorkloadInput, "intent" | "options">,
): readonly SecretReference[] {
  const { intent, options } = input;
  const { workload } = intent.spec;
  const base = baseName(intent);
  const own = (name: string, keys: readonly string[], use: SecretReference["use"]): SecretReference => ({
    from: { namespace: intent.namespace, name },
    keys,
    name: joinName(base, name),
    use,
  });
  const all = [
    ...(workload.secrets ?? []).map(({ name }) => own(name, [name], "env")),
    ...(workload.storage?.volumes ?? []).flatMap(({ source }) =>
      source?.credentials === undefined || source.type === undefined
        ? []
        : [own(source.credentials, credentialKeys(source.type), "credentials")],
    ),
    ...(options.imagePullSecrets ?? []).map(
      (from): SecretReference => ({
        from,
        keys: [".dockerconfigjson"],
        name: joinName(base, "pull", from.namespace, from.name),
        use: "image-pull",
      }),
    ),
  ];
  return mergeByName(all);
}

/** One Secret may serve several uses; its copy has the keys of them all. */
function mergeByName(references: readonly SecretReference[]): readonly SecretReference[] {
  const merged = new Map<string, SecretReference>();
  for (const reference of references) {
    const before = merged.get(reference.name);
    const keys = [...new Set([...(before?.keys ?? []), ...reference.keys])];
    merged.set(reference.name, { ...reference, ...before, keys });
  }
  return [...merged.values()];
}

/** References whose Secret, or every useful key of it, is missing from the values: what a condition tells. */
export function missingSecrets(input: WorkloadInput): readonly SecretReference[] {
  return secretReferences(input).filter(({ from, keys, use }) => {
    const data = input.secrets?.[`${from.namespace}/${from.name}`]?.data ?? {};
    return use === "credentials"
      ? !keys.some((key) => data[key] !== undefined)
      : keys.some((key) => data[key] === undefined);
  });
}

/** The copies: only the keys that are used. */
export function secretObjects(context: WorkloadContext): Manifest<V1Secret>[] {
  return secretReferences(context).flatMap((reference): Manifest<V1Secret>[] => {
    const value = context.secrets?.[`${reference.from.namespace}/${reference.from.name}`];
    if (value === undefined) return [];
    const data = Object.fromEntries(
      reference.keys.flatMap((key) => (value.data[key] === undefined ? [] : [[key, value.data[key]]])),
    );
    const isPull = reference.use === "image-pull" && data[".dockerconfigjson"] !== undefined;
    return [
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: metadata(context, reference.name),
        type: isPull ? "kubernetes.io/dockerconfigjson" : "Opaque",
        data,
      },
    ];
  });
}

/** Environment variables that hold the Intent's secrets: the key has the Secret's name. */
export const secretEnvironment = ({ workload, base }: WorkloadContext): V1EnvVar[] =>
  (workload.secrets ?? []).map(({ name, env }) => ({
    name: env,
    valueFrom: { secretKeyRef: { name: joinName(base, name), key: name } },
  }));

/** Names of the copied Secrets with which the pods' images are pulled. */
export const pullSecrets = (context: WorkloadContext): { name: string }[] =>
  secretReferences(context)
    .filter(({ use }) => use === "image-pull")
    .map(({ name }) => ({ name }));
