import type { ControlPlane } from "./control-plane.ts";
import { type KubeClient, kubeClientFrom } from "./kube-client.ts";

/** Kubeconfig with a fresh token of the ServiceAccount, from the TokenRequest API; through `server` where given. */
export async function serviceAccountKubeconfig(
  plane: Pick<ControlPlane, "kubeconfig" | "kubeconfigFor">,
  account: { readonly namespace: string; readonly name: string },
  server?: string,
): Promise<string> {
  const admin = kubeClientFrom(plane.kubeconfig);
  try {
    const token = await requestToken(admin, account);
    return plane.kubeconfigFor({ token }, server);
  } finally {
    admin.close();
  }
}

async function requestToken(
  admin: KubeClient,
  account: { namespace: string; name: string },
): Promise<string> {
  const path = `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const { status } = (await admin.create(path, body)).body;
  return (status as { readonly token: string }).token;
}
