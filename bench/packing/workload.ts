/** The openb data: nodes, pods, and the order in which the pods arrive. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Thousandths of a GPU in a GPU. */
export const MILLI = 1000;

export interface TraceNode {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
  readonly model: string;
}

/** What equal pods ask. */
export interface Shape {
  /** Position among the shapes of the workload. */
  readonly id: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
  /** Of each of its GPUs; below 1000 only where it asks for one. */
  readonly gpuMilli: number;
  /** Any of these models will do; undefined: any at all. */
  readonly models?: readonly string[];
}

export interface Workload {
  readonly name: string;
  readonly nodes: readonly TraceNode[];
  readonly shapes: readonly Shape[];
  /** The shape of each row of the pod list. */
  readonly pods: readonly Shape[];
  readonly seeds: readonly number[];
  /** GPUs of all nodes, in thousandths. */
  readonly capacity: number;
}

/** One order of arrivals. */
export interface Arrivals {
  readonly pods: readonly Shape[];
  /** For each node its place among equals: the lowest wins a tie. */
  readonly tieBreak: readonly number[];
}

export const isShared = ({ gpus, gpuMilli }: Shape): boolean => gpus === 1 && gpuMilli < MILLI;

/** Names of the workloads for which arrivals are there. */
export function workloadNames(folder: string): readonly string[] {
  const names = readdirSync(join(folder, "arrivals")).flatMap(
    (file) => /^(.+)\.\d+\.csv$/.exec(file)?.[1] ?? [],
  );
  return [...new Set(names)];
}

/** Reads a workload; throws an Error that names the file and the line where something is wrong. */
export function readWorkload(folder: string, name: string): Workload {
  const nodes = readTable(nodeFile(folder)).map(nodeOf);
  const shapes = new Map<string, Shape>();
  const pods = readTable(join(folder, "csv", `openb_pod_list_${name}.csv`)).map((row) =>
    shapeOf(row, shapes),
  );
  const seeds = readdirSync(join(folder, "arrivals"))
    .flatMap((file) => (file.startsWith(`${name}.`) ? [Number(file.split(".").at(-2))] : []))
    .sort((left, right) => left - right);
  const capacity = nodes.reduce((sum, { gpus }) => sum + gpus * MILLI, 0);
  return { name, nodes, shapes: [...shapes.values()], pods, seeds, capacity };
}

/** The arrivals of one seed. */
export function readArrivals(folder: string, workload: Workload, seed: number): Arrivals {
  const file = join(folder, "arrivals", `${workload.name}.${seed}.csv`);
  const [pods, tieBreak] = readFileSync(file, "utf8").trim().split("\n").map(numbersOf);
  const shapes = (pods ?? []).map((row) => workload.pods[row]);
  if (shapes.length === 0 || shapes.some((shape) => shape === undefined))
    throw new Error(`${file}: line 1 names a row that the pod list does not have`);
  if (tieBreak?.length !== workload.nodes.length)
    throw new Error(
      `${file}: line 2 has ${tieBreak?.length ?? 0} nodes, the node list ${workload.nodes.length}`,
    );
  return { pods: shapes.filter((shape) => shape !== undefined), tieBreak };
}

/** True when the folder holds data of this layout. */
export const isDataFolder = (folder: string): boolean =>
  existsSync(join(folder, "arrivals")) && existsSync(nodeFile(folder));

const nodeFile = (folder: string): string => join(folder, "csv", "openb_node_list_gpu_node.csv");

const numbersOf = (line: string): readonly number[] => line.split(",").slice(1).map(Number);

interface Row {
  readonly where: string;
  readonly cells: ReadonlyMap<string, string>;
}

function readTable(file: string): readonly Row[] {
  const [head = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const columns = head.split(",");
  return lines.map((line, index) => {
    const cells = line.split(",");
    return {
      where: `${file}:${index + 2}`,
      cells: new Map(columns.map((column, at) => [column, cells[at] ?? ""])),
    };
  });
}

function numberIn({ cells, where }: Row, column: string): number {
  const value = Number(cells.get(column) ?? Number.NaN);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${where}: ${column} is no whole number`);
  return value;
}

function nodeOf(row: Row): TraceNode {
  return {
    name: row.cells.get("sn") ?? row.where,
    cpuMilli: numberIn(row, "cpu_milli"),
    memoryMib: numberIn(row, "memory_mib"),
    gpus: numberIn(row, "gpu"),
    model: row.cells.get("model") ?? "",
  };
}

function shapeOf(row: Row, shapes: Map<string, Shape>): Shape {
  const columns = ["cpu_milli", "memory_mib", "num_gpu", "gpu_milli"] as const;
  const [cpuMilli = 0, memoryMib = 0, gpus = 0, gpuMilli = 0] = columns.map((column) =>
    numberIn(row, column),
  );
  // A model named twice is one model.
  const models = [...new Set((row.cells.get("gpu_spec") ?? "").split("|"))]
    .filter((model) => model !== "")
    .sort();
  const key = [cpuMilli, memoryMib, gpus, gpuMilli, ...models].join();
  const known = shapes.get(key);
  if (known !== undefined) return known;
  const shape: Shape = {
    id: shapes.size,
    cpuMilli,
    memoryMib,
    gpus,
    gpuMilli: gpus === 0 ? 0 : gpuMilli,
    ...(models.length > 0 && { models }),
  };
  shapes.set(key, shape);
  return shape;
}
