/** Price rows as Offers, on the way that the hub's own take: labels, mapping tables, node record, offers. */
import type { Offer } from "../../src/allocation/types.ts";
import { createDescriber } from "../../src/hub/inventory/describer.ts";
import { nodeRecordOf } from "../../src/hub/inventory/node-record.ts";
import { offersOf } from "../../src/hub/inventory/offers.ts";
import { createRegions } from "../../src/hub/inventory/regions.ts";
import { mapNode } from "../../src/mapping/map-node.ts";
import type { MappingTables } from "../../src/mapping/tables.ts";
import type { PriceRow } from "./prices.ts";
import { randomOf } from "./random.ts";

/** Of machines whose list does not say: for each of their GPUs. */
const CPU_PER_GPU = 12;
const MEMORY_PER_GPU = 96;
/** The lists do not tell it; about that of a new data centre. */
const PUE = 1.2;

/** Milliseconds from a user in Europe, by continent: not in the lists, drawn from the range for each region. */
const LATENCY_MS: Readonly<Record<string, readonly [number, number]>> = {
  europe: [5, 35],
  "north-america": [80, 140],
  africa: [60, 160],
  asia: [90, 250],
  "south-america": [180, 230],
  oceania: [250, 300],
};
const LATENCY_ELSEWHERE = [20, 200] as const;

/** One offer for each row whose GPU the tables know. */
export function offersFrom(rows: readonly PriceRow[], tables: MappingTables): readonly Offer[] {
  const describe = createDescriber();
  const regions = createRegions(tables.lookups.get("regions")?.tree);
  return rows.flatMap((row, index) => {
    const node = nodeOf(row, index, tables);
    if (node.metadata.annotations["gpu.fluidos.eu/model"] === undefined) return [];
    const record = nodeRecordOf(node, describe);
    const stated = { defaults: { energy: { pue: PUE } } };
    return offersOf(record, [], { provider: row.provider, stated, regions }).offers.map(withLatency);
  });
}

function nodeOf(row: PriceRow, index: number, tables: MappingTables) {
  const name = `${row.provider}-${String(index).padStart(4, "0")}`;
  const labels = labelsOf(row);
  const resource = row.gpu.startsWith("MI") ? "amd.com/gpu" : "nvidia.com/gpu";
  const allocatable = {
    cpu: String(row.cpu ?? CPU_PER_GPU * row.gpus),
    memory: `${row.memoryGi ?? MEMORY_PER_GPU * row.gpus}Gi`,
    pods: "110",
    [resource]: String(row.gpus),
  };
  const mapped = mapNode(tables, {
    name,
    labels,
    annotations: {},
    allocatable,
    ...(row.instanceType !== undefined && { providerID: `${row.provider}:///${name}` }),
  });
  const annotations: Readonly<Record<string, string>> = {
    ...mapped.annotations,
    "cost.fluidos.eu/hourly-rate": String(row.price),
    "cost.fluidos.eu/currency": row.currency,
    "provider.fluidos.eu/name": row.provider,
    "provider.fluidos.eu/preemptible": String(row.interruptible),
  };
  const status = { allocatable, conditions: [{ type: "Ready", status: "True" }] };
  return { metadata: { name, uid: name, labels, annotations }, spec: {}, status };
}

/** Without an instance type the name of the GPU has to do, with its memory where the name tells it. */
function labelsOf({ region, instanceType, gpu, gpus }: PriceRow): Readonly<Record<string, string>> {
  const [, model = gpu, memory = MEMORY_GI[gpu]] = /^(.*?)[ -]*\(?(?:(\d+) ?GB\)?)?$/.exec(gpu) ?? [];
  const vendor = gpu.startsWith("MI") ? "amd.com/gpu.product-name" : "nvidia.com/gpu.product";
  return {
    ...(region !== undefined && { "topology.kubernetes.io/region": region }),
    ...(instanceType !== undefined && { "node.kubernetes.io/instance-type": instanceType }),
    ...((instanceType === undefined || gpu.startsWith("MI")) && { [vendor]: model.replaceAll(/\s+/g, "-") }),
    "nvidia.com/gpu.count": String(gpus),
    ...(memory !== undefined && { "nvidia.com/gpu.memory": String(Number(memory) * 1024) }),
  };
}

/** Of models that the lists name without their memory, and that have several. */
const MEMORY_GI: Readonly<Record<string, string>> = { V100: "16", H100: "80", "H100-NVL": "94" };

/** The same latency for all of a region. */
function withLatency(offer: Offer): Offer {
  const { region = "", continent = "" } = offer.place;
  const [low, high] = LATENCY_MS[continent] ?? LATENCY_ELSEWHERE;
  const name = `${offer.provider}/${region}`;
  const seed = Buffer.from(name).reduce((hash, byte) => (Math.imul(hash, 31) + byte) >>> 0, 7);
  const latencyMs = Math.round(low + randomOf(seed).next() * (high - low));
  return { ...offer, network: { ...offer.network, latencyMs } };
}
