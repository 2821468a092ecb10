import { parse } from "yaml";

/** What is wrong with a kubeconfig that somebody else wrote. */
export interface KubeconfigProblem {
  readonly reason: "KubeconfigInvalid" | "KubeconfigUnsafe";
  readonly message: string;
}

/**
 * Settings that make the hub run a program or read a file of its own: whoever writes the Secret would act as the hub, or
 * have its token sent to a server of his choice. In a Secret everything can be given inline.
 */
const UNSAFE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  user: {
    exec: "a token",
    "auth-provider": "a token",
    tokenFile: "token",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
  },
  cluster: { "certificate-authority": "certificate-authority-data" },
};

/** Checks the text of a kubeconfig before anything is done with it; undefined: nothing is wrong so far. */
export function kubeconfigProblem(text: string): KubeconfigProblem | undefined {
  const invalid = (message: string): KubeconfigProblem => ({ reason: "KubeconfigInvalid", message });
  if (text.trim() === "") return invalid("the kubeconfig is empty");
  let config: unknown;
  try {
    config = parse(text, { maxAliasCount: 50 });
  } catch (error) {
    // The message quotes the text, and with it perhaps a token: only its first words are told.
    const told = error instanceof Error ? error.message.split(/[\n:]/, 1)[0] : "";
    return invalid(`the kubeconfig is no YAML: ${told}`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config))
    return invalid("the kubeconfig is no YAML mapping with clusters, users and contexts");
  const unsafe = [...unsafeIn(config, "users", "user"), ...unsafeIn(config, "clusters", "cluster")];
  if (unsafe.length === 0) return undefined;
  return { reason: "KubeconfigUnsafe", message: `in a Secret, ${unsafe.join("; ")}` };
}

function unsafeIn(config: object, list: "users" | "clusters", part: "user" | "cluster"): string[] {
  const entries: unknown = (config as Record<string, unknown>)[list];
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    const settings = field(entry, part);
    return Object.entries(UNSAFE[part] ?? {})
      .filter(([name]) => field(settings, name) !== undefined)
      .map(([name, instead]) => `${list}.${part}.${name} is not allowed: give ${instead} instead`);
  });
}

const field = (object: unknown, name: string): unknown =>
  typeof object === "object" && object !== null && Object.hasOwn(object, name)
    ? (object as Record<string, unknown>)[name]
    : undefined;
