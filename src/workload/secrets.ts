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
  /** Keys without which a pod does not start. */
  readonly required: readonly string[];
  /** Credentials of which one store takes this, another that: at least one key must be there. */
  readonly someOf: readonly string[];
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
  const own = { namespace: intent.namespace };
  const all = [
    ...(workload.secrets ?? []).map(({ name }) => ({
      ...reference({ ...own, name }, joinName(base, name), "env"),
      required: [name],
    })),
    ...(workload.storage?.volumes ?? []).flatMap(({ source: { credentials, type } = {} }) =>
      credentials === undefined || type === undefined
        ? []
        : [
            {
              ...reference({ ...own, name: credentials }, joinName(base, credentials), "credentials"),
              someOf: credentialKeys(type),
            },
          ],
    ),
    ...(options.imagePullSecrets ?? []).map((from) => ({
      ...reference(from, joinName(base, "pull", from.namespace, from.name), "image-pull"),
      required: [DOCKER_CONFIG],
    })),
  ];
  return mergeByName(all);
}

const DOCKER_CONFIG = ".dockerconfigjson";

const reference = (
  from: SecretReference["from"],
  name: string,
  use: SecretReference["use"],
): Omit<SecretReference, "keys"> => ({ from, name, use, required: [], someOf: [] });

/** One Secret may serve several uses; its copy has the keys of them all. */
function mergeByName(references: readonly Omit<SecretReference, "keys">[]): readonly SecretReference[] {
  const merged = new Map<string, SecretReference>();
  for (const one of references) {
    const before = merged.get(one.name);
    const required = [...new Set([...(before?.required ?? []), ...one.required])];
    const someOf = [...new Set([...(before?.someOf ?? []), ...one.someOf])];
    const keys = [...new Set([...required, ...someOf])];
    merged.set(one.name, { ...one, ...before, required, someOf, keys });
  }
  return [...merged.values()];
}

/** References without a value, or without a key that is needed: what a condition tells. */
export function missingSecrets(input: WorkloadInput): readonly SecretReference[] {
  return secretReferences(input).filter(({ from, required, someOf }) => {
    const data = input.secrets?.[`${from.namespace}/${from.name}`]?.data ?? {};
    const has = (key: string): boolean => data[key] !== undefined;
    return !required.every(has) || (someOf.length > 0 && !someOf.some(has));
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
    const isPull = reference.use === "image-pull" && data[DOCKER_CONFIG] !== undefined;
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
