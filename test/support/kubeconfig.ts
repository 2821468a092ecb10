/** A kubeconfig (YAML) with one cluster and one user who holds a bearer token. */
export function kubeconfigYaml(server: string, caPem: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{ name: test, cluster: { server: "${server}", certificate-authority-data: ${btoa(caPem)} } }]
users: [{ name: user, user: { token: "${token}" } }]
contexts: [{ name: test, context: { cluster: test, user: user } }]
current-context: test
`;
}
