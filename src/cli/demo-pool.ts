import type { KubeNode } from "../agent/node-view.ts";
import { NODES } from "../kubernetes/objects.ts";
import { parseAnnotations } from "../vocabulary/annotations.ts";
import type { DemoCluster } from "./demo-clusters.ts";
import { table } from "./output.ts";

/** One GPU node of the pool, as its annotations describe it. Absent: not published. */
export interface PoolRow {
  readonly cluster: string;
  readonly node: string;
  readonly model?: string | undefined;
  readonly variant?: string | undefined;
  readonly gpus?: number | undefined;
  /** Of one GPU, e.g. `80Gi`. */
  readonly memory?: string | undefined;
  readonly sharing?: string | undefined;
  readonly region?: string | undefined;
  /** Per hour, e.g. `2.50 EUR`. */
  readonly rate?: string | undefined;
}

/** The GPU nodes of the clusters whose agents have published. */
export async function readPool(
  clusters: readonly DemoCluster[],
  signal: AbortSignal,
): Promise<readonly PoolRow[]> {
  const rows: PoolRow[] = [];
  for (const { name, client } of clusters) {
    for await (const page of client.list<KubeNode>(NODES, {}, { signal })) {
      rows.push(...page.items.flatMap((node) => rowOf(name, node)));
    }
  }
  return rows;
}

function rowOf(cluster: string, node: KubeNode): readonly PoolRow[] {
  const annotations = node.metadata?.annotations ?? {};
  const { values } = parseAnnotations(annotations);
  const model = values["gpu.fluidos.eu/model"];
  if (model === undefined) return [];
  const rate = annotations["cost.fluidos.eu/hourly-rate"];
  return [
    {
      cluster,
      node: node.metadata?.name ?? "",
      model,
      variant: values["gpu.fluidos.eu/variant"],
      gpus: values["gpu.fluidos.eu/count"],
      memory: annotations["gpu.fluidos.eu/memory-per-gpu"],
      sharing: values["gpu.fluidos.eu/sharing-strategy"],
      region: values["location.fluidos.eu/region"],
      rate: rate === undefined ? undefined : `${rate} ${values["cost.fluidos.eu/currency"] ?? ""}`.trimEnd(),
    },
  ];
}

const header = ["CLUSTER", "NODE", "MODEL", "VARIANT", "GPUS", "MEMORY", "SHARING", "REGION", "RATE/H"];

export function poolTable(rows: readonly PoolRow[]): string {
  const cells = rows.map(({ cluster, node, model, variant, gpus, memory, sharing, region, rate }) =>
    [cluster, node, model, variant, gpus, memory, sharing, region, rate].map((value) =>
      value === undefined ? "-" : String(value),
    ),
  );
  return table([header, ...cells]);
}
