/** The cluster of a federation's consumer: the sandbox that FLUIDOS and Liqo are simulated in, or a real API server with the same objects. */
import { createClient } from "../../src/kubernetes/client.ts";
import { CONFIG_MAPS, NAMESPACES, NODES } from "../../src/kubernetes/objects.ts";
import { startControlPlane } from "../support/control-plane.ts";
import { emptied, filled, takesEmptyTexts } from "../support/empty-texts.ts";
import type { TestSite } from "../support/federation.ts";
import { type MirroredKind, startMirror } from "../support/mirror.ts";
import { installRealCrds, realCrds, resourceOf } from "../support/real-crds.ts";
import { clusterOf, type TestCluster } from "./hub-cluster.ts";

export interface FederatedCluster extends TestCluster {
  /** What a real API server refused, or did not keep, of what FLUIDOS and Liqo are simulated to write. */
  readonly problems: readonly string[];
}

/** The consumer's cluster; with FLARE_TEST_API=real a control plane with the CRDs of FLUIDOS, Liqo and Capsule themselves. */
export async function federatedClusterOf({ sandbox }: TestSite): Promise<FederatedCluster> {
  if (process.env.FLARE_TEST_API === "real") return realClusterOf(sandbox);
  const { url, adminKubeconfig: kubeconfig } = sandbox;
  const stop = (): Promise<void> => Promise.resolve();
  return { ...clusterOf({ kind: "sandbox", url, kubeconfig, stop }), problems: [] };
}

async function realClusterOf({ kernel }: TestSite["sandbox"]): Promise<FederatedCluster> {
  const plane = await startControlPlane();
  const crds = realCrds();
  await installRealCrds(plane.kubeconfig, crds);
  const client = createClient({ kubeconfigText: plane.kubeconfig, userAgent: "simulated" });
  const kinds: readonly MirroredKind[] = [
    { ...NAMESPACES, kind: "Namespace" },
    { ...NODES, kind: "Node" },
    { ...CONFIG_MAPS, kind: "ConfigMap" },
    ...crds
      .map((crd) => ({ ...resourceOf(crd), kind: crd.spec.names.kind }))
      .filter(({ group, version, kind }) => kernel.registry.byKind(`${group}/${version}`, kind)),
  ];
  // Namespaces come first: nothing can be put into one that is not there.
  const [namespaces, ...others] = kinds;
  const mirrors = [await startMirror(kernel, client, namespaces === undefined ? [] : [namespaces])];
  const isLiteral = await takesEmptyTexts(client);
  mirrors.push(
    await startMirror(kernel, client, others, isLiteral ? undefined : { out: filled, back: emptied }),
  );
  const { url, kubeconfig } = plane;
  return {
    ...clusterOf({
      kind: "real",
      url,
      kubeconfig,
      stop: async () => {
        await Promise.all(mirrors.map((mirror) => mirror.stop()));
        client.close();
        await plane.stop();
      },
    }),
    get problems() {
      return mirrors.flatMap(({ problems }) => problems);
    },
  };
}
