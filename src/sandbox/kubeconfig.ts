import { stringify } from "yaml";

export interface KubeconfigEntry {
  readonly name: string;
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
}

/** A kubeconfig (YAML) with one context for each entry; the first is the current one. */
export function kubeconfigYaml(entries: readonly KubeconfigEntry[]): string {
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: entries.map(({ name, url, caPem }) => ({
        name,
        cluster: { server: url, "certificate-authority-data": Buffer.from(caPem).toString("base64") },
      })),
      users: entries.map(({ name, token }) => ({ name, user: { token } })),
      contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
      "current-context": entries[0]?.name ?? "",
    },
    { lineWidth: 0 },
  );
}
