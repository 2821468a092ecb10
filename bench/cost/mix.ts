/** Intents as people write them, drawn from a mix. What the mix is: bench/README.md. */
import type { Requirement } from "../../src/allocation/requirement.ts";
import type { ResolveModel } from "../../src/hub/intents/models.ts";
import { requirementOf } from "../../src/hub/intents/requirement.ts";
import { parseIntentRequest } from "../../src/intent/parse.ts";
import { formatProblems } from "../../src/intent/problem.ts";
import type { Random } from "./random.ts";

type Ask = Readonly<Record<string, unknown>>;

/** Objectives as an Intent spells them. */
export const OBJECTIVES = {
  performance: "Performance_Maximization",
  cost: "Cost_Minimization",
  latency: "Latency_Minimization",
  energy: "Energy_Efficiency",
  balanced: "Balanced_Optimization",
} as const;
export type ObjectiveName = keyof typeof OBJECTIVES;

/** One Intent of the mix, read as the hub reads it. */
export function drawRequirement(
  random: Random,
  objective: ObjectiveName,
  resolveModel: ResolveModel,
): Requirement {
  const draw = random.pick([inference, training, tasks], [0.45, 0.35, 0.2]);
  const { workload, gpu, constraints } = draw(random);
  const count = Number(gpu.count ?? 1);
  const read = parseIntentRequest({
    objective: OBJECTIVES[objective],
    workload: {
      name: "w",
      image: "registry.example/w:1",
      resources: {
        cpu: String(count * random.pick([2, 4, 8])),
        memory: `${count * random.pick([16, 32, 64])}Gi`,
        gpu,
      },
      ...workload,
    },
    constraints: { ...constraints, ...places(random) },
  });
  if (!read.ok) throw new Error(formatProblems(read.problems));
  const context = { resolveModel, now: 0, currency: "EUR", currencyRates: { EUR: 1 } };
  const asked = requirementOf(read.spec, context);
  if (!asked.ok) throw new Error(formatProblems(asked.problems));
  return asked.requirement;
}

interface Drawn {
  readonly workload: Ask;
  readonly gpu: Ask;
  readonly constraints: Ask;
}

/** A service of some replicas, each on a GPU or two. */
function inference(random: Random): Drawn {
  const gpu = random.pick<Ask>(
    [
      { memory_min: "16Gi" },
      { memory_min: "24Gi" },
      { memory_min: "40Gi" },
      { memory_min: "80Gi" },
      { model: "nvidia-t4" },
      { model: "nvidia-a10" },
      { model: "nvidia-a100" },
    ],
    [4, 4, 2, 1, 2, 2, 1],
  );
  const count = random.pick([1, 2], [5, 1]);
  const replicas = random.pick([1, 2, 3, 4], [5, 3, 1, 1]);
  const shared = random.next() < 0.2;
  return {
    workload: { type: "service", scaling: { min_replicas: replicas } },
    gpu: { ...gpu, count, ...(shared && { shared }) },
    constraints:
      random.next() < 0.3 ? { max_hourly_cost: `${replicas * count * random.pick([2, 4, 8])} EUR` } : {},
  };
}

/** GPUs that talk to each other on one machine, or on two of a provider and zone. */
function training(random: Random): Drawn {
  const gpu = random.pick<Ask>(
    [
      { memory_min: "16Gi" },
      { memory_min: "40Gi" },
      { memory_min: "80Gi" },
      { model: "nvidia-v100" },
      { model: "nvidia-a100" },
      { model: "nvidia-h100" },
    ],
    [1, 3, 3, 2, 3, 3],
  );
  const count = random.pick([1, 2, 4, 8], [3, 2, 2, 2]);
  const machines = random.pick([1, 2], [5, 1]);
  return {
    workload: {
      type: "batch",
      communication_pattern: "all-reduce",
      batch: { parallel_tasks: machines, timeout: "24h" },
    },
    gpu: { ...gpu, count },
    constraints:
      random.next() < 0.2 ? { max_total_cost: `${24 * machines * count * random.pick([4, 8, 12])} EUR` } : {},
  };
}

/** Tasks that know nothing of each other; most may be interrupted. */
function tasks(random: Random): Drawn {
  const interruptible = random.next() < 0.6;
  return {
    workload: {
      type: "batch",
      communication_pattern: "independent",
      batch: { parallel_tasks: random.pick([2, 4, 6]), timeout: "6h" },
    },
    gpu: {
      memory_min: random.pick(["8Gi", "16Gi", "24Gi"]),
      ...(interruptible && { interruptible }),
    },
    constraints: {},
  };
}

/** Most may run anywhere. */
function places(random: Random): Ask {
  const location = random.pick([undefined, "EU", "US"], [75, 18, 7]);
  return location === undefined ? {} : { location };
}
