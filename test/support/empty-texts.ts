/**
 * FLUIDOS writes empty texts into fields that its CRDs require, such as prices. Some builds of Kubernetes 1.20 (those with
 * Debian's libraries) take an empty text in a custom resource for null and refuse it. There a word stands in, which tells
 * a reader as little.
 */
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";

const WORD = "none";

/** Whether a custom resource may have empty texts on this API server. Needs the CRDs of FLUIDOS, and its namespace. */
export async function takesEmptyTexts(client: KubeClient): Promise<boolean> {
  const body = {
    apiVersion: "network.fluidos.eu/v1alpha1",
    kind: "KnownCluster",
    metadata: { name: "empty-texts" },
    spec: { address: "" },
  };
  const path = "/apis/network.fluidos.eu/v1alpha1/namespaces/fluidos/knownclusters";
  return client.raw({ method: "POST", path, query: { dryRun: "All" }, body }).then(
    () => true,
    () => false,
  );
}

/** The value with the word for each empty text, and back again. */
export const filled = <T>(value: T): T => replaced(value, "", WORD);
export const emptied = <T>(value: T): T => replaced(value, WORD, "");

function replaced<T>(value: T, from: string, to: string): T {
  if (value === from) return to as T;
  if (Array.isArray(value)) return value.map((item) => replaced(item, from, to)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, replaced(inner, from, to)]);
  return Object.fromEntries(entries) as T;
}
