import { UserError } from "./exit.ts";

/** What `flare run` was told, as commander hands it over. */
export interface RunFlags {
  readonly image: string;
  readonly gpu: GpuWish;
  readonly name?: string;
  readonly objective: keyof typeof OBJECTIVES;
  readonly type?: "service" | "batch";
  readonly vendor?: (typeof VENDORS)[number];
  readonly gpuMemory?: string;
  readonly shared?: boolean;
  readonly spot?: boolean;
  readonly cpu?: string;
  readonly memory?: string;
  readonly env: readonly string[];
  readonly port: readonly number[];
  readonly tasks: number;
  readonly timeout?: string;
  readonly maxHourly?: string;
  readonly maxTotal?: string;
  readonly in?: string;
  readonly provider: readonly string[];
  readonly deadline?: string;
  readonly priority: number;
}

/** GPUs of one task; no model means any. */
export interface GpuWish {
  readonly model?: string;
  readonly count: number;
}

/** What people say for an objective, and what the API calls it. */
export const OBJECTIVES = {
  cost: "Cost_Minimization",
  performance: "Performance_Maximization",
  latency: "Latency_Minimization",
  energy: "Energy_Efficiency",
  balanced: "Balanced_Optimization",
} as const;

/** Makers of GPUs, as the API calls them. */
export const VENDORS = ["nvidia", "amd", "intel"] as const;

/** Reads `h100:2`, `2xh100`, `h100` or `2`. Undefined where it is none of them. */
export function parseGpuWish(text: string): GpuWish | undefined {
  const match =
    /^(?<count>\d{1,4})$/.exec(text) ??
    /^(?<count>\d{1,4})x(?<model>[a-zA-Z][\w. -]{0,62})$/.exec(text) ??
    /^(?<model>[a-zA-Z][\w. -]{0,62}?)(?::(?<count>\d{1,4}))?$/.exec(text);
  if (match === null) return undefined;
  const { model, count = "1" } = match.groups ?? {};
  return { ...(model === undefined ? {} : { model }), count: Number(count) };
}

/**
 * The Intent in the REST API's form, unchecked: whoever parses it tells what of it makes no sense. With a port it is a
 * service, else a batch, unless the type is given. Throws a UserError where flags contradict each other.
 */
export function runDocument(flags: RunFlags, name: string, command: readonly string[]): object {
  const type = flags.type ?? (flags.port.length > 0 ? "service" : "batch");
  if (type === "service" && flags.timeout !== undefined)
    throw new UserError(
      "--timeout is for a batch; a service runs until it is cancelled. Leave out one of --timeout and --port.",
    );
  return clean({
    objective: OBJECTIVES[flags.objective],
    priority: flags.priority,
    workload: {
      type,
      name,
      image: flags.image,
      commands: command,
      env: flags.env,
      ports: flags.port.map((port) => ({ port })),
      resources: { cpu: flags.cpu, memory: flags.memory, gpu: gpuOf(flags) },
      ...(type === "service"
        ? { scaling: flags.tasks === 1 ? undefined : { min_replicas: flags.tasks } }
        : { batch: { parallel_tasks: flags.tasks, timeout: flags.timeout } }),
    },
    constraints: {
      max_hourly_cost: flags.maxHourly,
      max_total_cost: flags.maxTotal,
      location: flags.in,
      providers: flags.provider,
      deadline: flags.deadline,
      preemptible: flags.spot,
    },
  });
}

const gpuOf = ({ gpu, vendor, gpuMemory, shared }: RunFlags): object => ({
  model: gpu.model,
  vendor,
  count: gpu.count,
  memory_min: gpuMemory,
  shared,
});

/** Without what says nothing: undefined, empty lists, objects without a field. */
function clean<T extends object>(fields: T): object {
  const told = Object.entries(fields)
    .map(([key, value]) => [key, isPlain(value) ? clean(value) : value] as const)
    .filter(([, value]) => value !== undefined && !isEmpty(value));
  return Object.fromEntries(told);
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isPlain(value) && Object.keys(value).length === 0;

/** A name for a workload of an image: `ghcr.io/acme/train-llm:1` as `train-llm-x7k2p`, with the random part given. */
export function nameFromImage(image: string, random: string): string {
  const [path = ""] = image.replace(/^.*\//, "").split(/[:@]/);
  const readable = path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^[^a-z]+|-+$/g, "");
  return `${readable === "" ? "run" : readable}-${random}`;
}
