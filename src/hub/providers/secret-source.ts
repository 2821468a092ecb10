import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../kubernetes/objects.ts";
import { createReflector, type ReflectorOptions } from "../../kubernetes/reflector.ts";
import { kubeconfigProblem } from "./kubeconfig-check.ts";

export const SECRETS: Resource = { group: "", version: "v1", plural: "secrets", namespaced: true };

export interface SecretReference {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** What is known of a provider's kubeconfig. */
export type KubeconfigState =
  | { readonly state: "waiting" }
  | { readonly state: "found"; readonly text: string }
  | { readonly state: "problem"; readonly reason: KubeconfigReason; readonly message: string };

export type KubeconfigReason =
  | "SecretNotFound"
  | "SecretKeyMissing"
  | "SecretForbidden"
  | "SecretUnreadable"
  | "KubeconfigInvalid"
  | "KubeconfigUnsafe";

interface KubeSecret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

type Timing = Pick<ReflectorOptions<KubeSecret, KubeconfigState>, "sleep" | "random" | "now">;

export interface SecretSourceOptions extends Timing {
  readonly client: Pick<KubeClient, "list" | "watch">;
  readonly reference: SecretReference;
  /** Told whenever it changes. */
  readonly onState: (state: KubeconfigState) => void;
}

/** Watches one key of one Secret until the signal aborts. */
export function watchKubeconfig(options: SecretSourceOptions, signal: AbortSignal): Promise<void> {
  const { client, reference, onState, ...timing } = options;
  const { namespace, name, key } = reference;
  const told = tellChanges(onState);
  const problem = (reason: KubeconfigReason, message: string): void =>
    told({ state: "problem", reason, message });
  const missing = (): void => problem("SecretNotFound", `Secret ${namespace}/${name} does not exist`);
  const reflector = createReflector<KubeSecret, KubeconfigState>({
    ...timing,
    client,
    resource: SECRETS,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    transform: (secret) => readSecret(secret, `Secret ${namespace}/${name}`, key),
    onChange: (change) => (change.type === "deleted" ? missing() : told(change.value)),
    onHandlerError: (error) => problem("SecretUnreadable", String(error)),
    onState: (state) => {
      if (state.name === "SYNCED" && state.objects === 0) missing();
      if (state.name !== "REFUSED") return;
      const fix = `allow the hub's ServiceAccount to get, list and watch secrets/${name} there`;
      if (isKubeError(state.error, "forbidden"))
        problem("SecretForbidden", `the hub may not read Secret ${namespace}/${name}: ${fix}`);
    },
  });
  return reflector.run(signal);
}

function readSecret(secret: KubeSecret, what: string, key: string): KubeconfigState {
  const data = secret.data ?? {};
  const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
  if (encoded === undefined) {
    const keys = Object.keys(data).join(", ") || "none";
    const message = `${what} has no key "${key}" (it has: ${keys}); name the right one in kubeconfigSecretRef.key`;
    return { state: "problem", reason: "SecretKeyMissing", message };
  }
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const found = kubeconfigProblem(text);
  if (found === undefined) return { state: "found", text };
  return { state: "problem", reason: found.reason, message: `${what}, key "${key}": ${found.message}` };
}

function tellChanges(tell: (state: KubeconfigState) => void): (state: KubeconfigState) => void {
  let known = "";
  return (state) => {
    const text = JSON.stringify(state);
    if (text !== known) tell(state);
    known = text;
  };
}
