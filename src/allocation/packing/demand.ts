import { DEVICE_MILLI, neededMilli } from "../capacity.ts";
import type { Requirement } from "../requirement.ts";
import type { ForecastShape } from "../types.ts";

/** What equal tasks ask. */
export interface DemandShape extends ForecastShape {
  /** So many tasks asked it, what is old counting less. */
  readonly asked: number;
  /** The conditions on the offer alone: nothing of size, money or time is in it. */
  readonly conditions: Requirement;
  /** The same for the same conditions. */
  readonly set: string;
}

/** Thousandths of devices that one shape takes of each task that comes, whatever that asks. */
export const volumeOf = ({ frequency, devices, deviceMilli }: ForecastShape): number =>
  frequency * devices * deviceMilli;

/** Thousandths that a task takes in the mean. */
export const meanMilli = (shapes: readonly ForecastShape[]): number =>
  shapes.reduce((sum, shape) => sum + volumeOf(shape), 0);

type Noted = Omit<DemandShape, "frequency" | "asked">;

/** What has been asked so far; the older, the less it counts. */
export interface DemandBook {
  /** Takes in what somebody asks, whether or not there is a place for it. */
  note(requirement: Requirement): void;
  /** How many tasks were noted. */
  noted(): number;
  /** The shapes, the most frequent first. */
  shapes(): readonly DemandShape[];
}

/** Shapes that are remembered; the rarest gives way to a new one. */
const MOST_SHAPES = 512;
/** After so many tasks a task counts half. */
const HALF_LIFE = 20_000;
const GROWTH = 2 ** (1 / HALF_LIFE);
/** An Intent with many tasks says no more than this about what will be asked. */
const MOST_TASKS = 16;
const LARGE = 1e100;

/** Creates an empty book. It is bounded, and the same notes in the same order make the same book. */
export function createDemandBook(): DemandBook {
  const entries = new Map<string, { shape: Noted; weight: number }>();
  const keys = new WeakMap<Requirement, string>();
  let weight = 1;
  let noted = 0;
  return {
    note: (requirement) => {
      const tasks = Math.min(requirement.tasks, MOST_TASKS);
      noted += tasks;
      // Instead of shrinking all that is old, what is new weighs more.
      weight *= GROWTH ** tasks;
      const key = keys.get(requirement) ?? keyOf(shapeOf(requirement));
      keys.set(requirement, key);
      const known = entries.get(key);
      if (known !== undefined) known.weight += weight * tasks;
      else {
        if (entries.size >= MOST_SHAPES) dropRarest(entries);
        entries.set(key, { shape: shapeOf(requirement), weight: weight * tasks });
      }
      if (weight < LARGE) return;
      for (const entry of entries.values()) entry.weight /= weight;
      weight = 1;
    },
    noted: () => noted,
    shapes: () => {
      const all = [...entries].map(([key, entry]) => ({ key, ...entry }));
      const sum = all.reduce((total, entry) => total + entry.weight, 0);
      return all
        .sort((left, right) => right.weight - left.weight || (left.key < right.key ? -1 : 1))
        .map(({ shape, weight: own }) => ({ ...shape, frequency: own / sum, asked: own / weight }));
    },
  };
}

function dropRarest(entries: Map<string, { readonly weight: number }>): void {
  let rarest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [key, { weight }] of entries) {
    if (weight >= least) continue;
    least = weight;
    rarest = key;
  }
  if (rarest !== undefined) entries.delete(rarest);
}

function shapeOf(requirement: Requirement): Noted {
  const { cpu, gpu } = requirement;
  const conditions = conditionsOf(requirement);
  return {
    cpuMilli: neededMilli(cpu),
    devices: gpu.count,
    deviceMilli: gpu.count === 0 ? 0 : (gpu.milli ?? DEVICE_MILLI),
    conditions,
    set: JSON.stringify(conditions),
  };
}

const keyOf = ({ cpuMilli, devices, deviceMilli, set }: Noted): string =>
  `${cpuMilli} ${devices} ${deviceMilli} ${set}`;

/** The requirement without all that is no condition on what kind of offer it is. */
function conditionsOf({ gpu, constraints }: Requirement): Requirement {
  const { reference: _, dedicated: __, ...asked } = gpu;
  const { maxHourly: _hourly, maxTotal: _total, deadlineSeconds: _deadline, ...lasting } = constraints;
  return {
    gpu: { ...asked, count: Math.min(1, asked.count), ...(gpu.milli !== undefined && { milli: 1 }) },
    cpu: 0,
    memoryGi: 0,
    tasks: 1,
    objective: "cost",
    kind: "hpc",
    currency: "EUR",
    constraints: lasting,
    priority: 0,
  };
}
