import { Option } from "commander";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError, type KubeError } from "../kubernetes/kube-error.ts";
import { EXIT_CODES, UserError } from "./exit.ts";

/** How a user's command reaches the cluster of the hub. */
export interface HubFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** A connection to the hub's cluster, and the namespace to work in. */
export interface HubCluster {
  readonly client: KubeClient;
  readonly namespace: string;
}

export const hubClusterFlags = (): readonly Option[] => [
  new Option("-n, --namespace <name>", "namespace of the Intents; default that of the context"),
  new Option("--kubeconfig <file>", "kubeconfig of the hub's cluster; default KUBECONFIG, ~/.kube/config"),
  new Option("--context <name>", "context of the kubeconfig").env("FLARE_CONTEXT"),
];

/** Does the work on the hub's cluster. What the API refuses becomes an error for the user, with its exit code. */
export async function onHubCluster<T>(
  flags: HubFlags,
  work: (cluster: HubCluster) => Promise<T>,
): Promise<T> {
  const [{ createClient }, { contextNamespace }] = await Promise.all([
    import("../kubernetes/client.ts"),
    import("../kubernetes/kubeconfig.ts"),
  ]);
  const client = createClient({
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    userAgent: "flare-cli",
  });
  try {
    return await work({ client, namespace: flags.namespace ?? (await contextNamespace(flags)) });
  } catch (error) {
    throw isKubeError(error) ? asUserError(error) : error;
  } finally {
    client.close();
  }
}

/** The API's answer as an error for the user. */
export function asUserError(error: KubeError): UserError {
  const exit =
    error.code === "config"
      ? EXIT_CODES.usage
      : error.code === "not-found"
        ? EXIT_CODES.notFound
        : EXIT_CODES.failed;
  return new UserError(error.message, exit);
}
