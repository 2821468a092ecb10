/** What `kubectl get` prints of an object: the server's own table of it. */
import { Agent, get } from "node:https";
import { endpointOf } from "./kube-client.ts";

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

/** The columns that are shown without `-o wide`, and the cells of the first row. */
export async function printed(
  kubeconfig: string,
  path: string,
): Promise<{ readonly columns: readonly string[]; readonly cells: readonly unknown[] }> {
  const { columnDefinitions, rows } = await tableOf(kubeconfig, path);
  const shown = columnDefinitions.flatMap(({ name, priority }, index) =>
    priority === 0 ? [{ name, index }] : [],
  );
  return {
    columns: shown.map(({ name }) => name),
    cells: shown.map(({ index }) => rows[0]?.cells[index]),
  };
}

function tableOf(kubeconfig: string, path: string): Promise<Table> {
  const { server, caPem, token } = endpointOf(kubeconfig);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
  };
  const agent = new Agent({ ca: caPem });
  return new Promise((resolve, reject) => {
    get(new URL(path, server), { agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject).on("end", () => resolve(JSON.parse(text) as Table));
    }).on("error", reject);
  }).finally(() => agent.destroy()) as Promise<Table>;
}
