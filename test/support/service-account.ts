import { endpointOf, kubeClient } from "./kube-client.ts";
import { kubeconfigYaml } from "./kubeconfig.ts";

export interface AccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Kubeconfig with a fresh token of the ServiceAccount, from the TokenRequest API; through `server` where given. */
export async function serviceAccountKubeconfig(
  adminKubeconfig: string,
  account: AccountName,
  server?: string,
): Promise<string> {
  const endpoint = endpointOf(adminKubeconfig);
  const admin = kubeClient(endpoint);
  try {
    const path = `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`;
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const { status } = (await admin.create(path, request)).body;
    return kubeconfigYaml(
      server ?? endpoint.server,
      endpoint.caPem,
      (status as { readonly token: string }).token,
    );
  } finally {
    admin.close();
  }
}
