/** A cluster that is hub and provider at once: CRDs, tenants, and GPU nodes that the hub places at. */
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { NODES } from "../../src/kubernetes/objects.ts";
import {
  addProvider,
  applyCrds,
  createNamespace,
  type TestCluster,
  writeKubeconfig,
} from "../../test/integration/hub-cluster.ts";
import { H100 } from "../../test/unit/hub/builders.ts";
import { nodeName } from "../support/provider-api.ts";

/** Namespaces of the tenants. */
export const TEAMS = Array.from({ length: 8 }, (_, index) => `team-${index}`);

const AT_ONCE = 16;

export async function prepareSite(cluster: TestCluster, nodes: number): Promise<void> {
  await applyCrds(cluster.client, "manifests/crds");
  for (const name of ["flare-system", "fluidos", ...TEAMS]) await createNamespace(cluster.client, name);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < nodes; index = next++) await addNode(cluster, index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await writeKubeconfig(cluster, "site", cluster.kubeconfig);
  await addProvider(cluster, "site");
}

/** Eight H100 at one of forty prices. */
async function addNode(cluster: TestCluster, index: number): Promise<void> {
  const name = nodeName(index);
  await cluster.addNode({
    name,
    annotations: { ...H100, "cost.fluidos.eu/hourly-rate": `${60 + (index % 40)}` },
  });
}

/** The node says that it is ready, or that it is not. */
export async function setReady(client: KubeClient, index: number, ready: boolean): Promise<void> {
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  await client.patch(
    NODES,
    { name: nodeName(index), subresource: "status" },
    { status: { conditions } },
    { type: "strategic" },
  );
}
