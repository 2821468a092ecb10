import { parseFlavor } from "../fluidos/parse-flavor.ts";
import { findFlavors } from "../hub/flavors/flavor-resources.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { formatMoney } from "../units/money.ts";
import { table } from "./output.ts";

/** GPUs of one kind on one node. */
export interface GpuRow {
  readonly model: string;
  readonly variant?: string | undefined;
  readonly memoryGi?: number | undefined;
  /** Devices, slices or shares. */
  readonly free: number;
  readonly total: number;
  readonly provider: string;
  readonly node: string;
  readonly region?: string | undefined;
  readonly tier?: string | undefined;
  /** Cost of one for an hour. */
  readonly rate?: { readonly amount: number; readonly currency: string } | undefined;
}

/** What the hub's Flavors tell of GPUs, by model, the cheapest first; undefined where the cluster knows no Flavors. */
export async function readPoolGpus(
  client: Pick<KubeClient, "raw" | "list">,
  namespace: string,
): Promise<readonly GpuRow[] | undefined> {
  const resource = await findFlavors(client, {});
  if (resource === undefined) return undefined;
  const rows: GpuRow[] = [];
  for await (const page of client.list(resource, { namespace }))
    rows.push(...page.items.flatMap((flavor) => rowOf(flavor) ?? []));
  return rows.toSorted(
    (left, right) =>
      compare(left.model, right.model) ||
      (left.rate?.amount ?? Number.POSITIVE_INFINITY) - (right.rate?.amount ?? Number.POSITIVE_INFINITY) ||
      compare(`${left.provider}/${left.node}`, `${right.provider}/${right.node}`),
  );
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** A Flavor without GPUs, or one that cannot be read, is no row. */
function rowOf(flavor: unknown): GpuRow | undefined {
  const parsed = parseFlavor(flavor);
  if (!parsed.ok) return undefined;
  const { values, additional = {}, available, price, name } = parsed.facts;
  const model = values["gpu.fluidos.eu/model"];
  if (model === undefined) return undefined;
  const total = Number(additional.total ?? values["gpu.fluidos.eu/count"] ?? 1);
  const amount = Number(price.amount);
  const isTold = price.amount !== "" && Number.isFinite(amount) && total > 0;
  return {
    model: [model, additional.profile].filter((part) => part !== undefined).join(" "),
    variant: additional.variant,
    memoryGi: values["gpu.fluidos.eu/memory-per-gpu"],
    // Flavors of other makers tell only whether something is free.
    free: Number(additional.free ?? (available ? total : 0)),
    total,
    provider: additional.provider ?? values["provider.fluidos.eu/name"] ?? "-",
    node: additional.node ?? name,
    region: values["location.fluidos.eu/region"],
    tier: values["gpu.fluidos.eu/tier"],
    rate: isTold ? { amount: Math.round((amount / total) * 1e4) / 1e4, currency: price.currency } : undefined,
  };
}

const HEADER = [
  "MODEL",
  "VARIANT",
  "MEMORY",
  "FREE",
  "TOTAL",
  "RATE/GPU/H",
  "PROVIDER",
  "NODE",
  "REGION",
  "TIER",
];

export function gpuTable(rows: readonly GpuRow[]): string {
  const cells = rows.map(({ model, variant, memoryGi, free, total, rate, provider, node, region, tier }) =>
    [
      model,
      variant,
      memoryGi === undefined ? undefined : `${memoryGi}Gi`,
      free,
      total,
      rate && formatMoney(rate),
      provider,
      node,
      region,
      tier,
    ].map((cell) => String(cell ?? "-")),
  );
  return table([HEADER, ...cells]);
}
