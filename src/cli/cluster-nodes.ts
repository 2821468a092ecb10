import type { KubeNode } from "../agent/node-view.ts";
import { createClient } from "../kubernetes/client.ts";
import { KubeError } from "../kubernetes/kube-error.ts";
import { NODES } from "../kubernetes/objects.ts";
import { EXIT_CODES, UserError } from "./exit.ts";

interface Connection {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Nodes by name, or all of the cluster, through the user's kubeconfig. */
export async function readClusterNodes(
  names: readonly string[],
  connection: Connection,
): Promise<readonly KubeNode[]> {
  const client = createClient(connection);
  try {
    if (names.length > 0)
      return await Promise.all(names.map((name) => client.get<KubeNode>(NODES, { name })));
    const nodes: KubeNode[] = [];
    for await (const page of client.list<KubeNode>(NODES)) nodes.push(...page.items);
    return nodes;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    throw new UserError(error.message, exitCodeOf(error));
  } finally {
    client.close();
  }
}

function exitCodeOf({ code }: KubeError): number {
  if (code === "config") return EXIT_CODES.usage;
  return code === "not-found" ? EXIT_CODES.notFound : EXIT_CODES.failed;
}
