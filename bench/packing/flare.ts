/**
 * This project's allocator on the trace: `decide` and `reserve` on a ledger, as the hub calls them. A node is one offer that
 * tells its devices one by one; a pod is a requirement for one task. No prices are known, so that every node is as good as
 * another by the objective, and what is left of the order decides.
 */
import { decide } from "../../src/allocation/decide.ts";
import type { Placement } from "../../src/allocation/decision.ts";
import { type Ledger, openLedger, reserve } from "../../src/allocation/ledger.ts";
import { createDemandBook } from "../../src/allocation/packing/demand.ts";
import { createForecaster } from "../../src/allocation/packing/forecaster.ts";
import type { Requirement } from "../../src/allocation/requirement.ts";
import type { Offer } from "../../src/allocation/types.ts";
import { type Cluster, take } from "./cluster.ts";
import type { Arena, Place } from "./placer.ts";
import { isShared, MILLI, type Shape, type TraceNode } from "./workload.ts";

const MIB_PER_GIB = 1024;

export interface Knowledge {
  /** The trace's shapes are known from the start, as the published FGD knows them. */
  readonly typical: boolean;
}

/** The trace in the words of the allocator. */
export interface Told {
  readonly ledger: Ledger;
  readonly asked: (shape: Shape) => Requirement;
  readonly nodeOf: (placement: Placement | undefined) => number;
}

export function told({ workload, arrivals }: Arena): Told {
  const requirements = new Map(workload.shapes.map((shape) => [shape, requirementOf(shape)]));
  const offers = workload.nodes.map((node, index) => offerOf(node, arrivals.tieBreak[index] ?? 0));
  const nodes = new Map(offers.map(({ id }, node) => [id, node]));
  return {
    ledger: openLedger({ offers, currencyRates: {} }),
    asked: (shape) => requirements.get(shape) ?? requirementOf(shape),
    nodeOf: (placement) => nodes.get(placement?.offer ?? "") ?? -1,
  };
}

/** Places pods with the allocator; what it decided is taken from the cluster too, where the measures look at it. */
export function flare(arena: Arena, { typical }: Knowledge): Place {
  const { asked, nodeOf, ...start } = told(arena);
  const forecaster = createForecaster(createDemandBook());
  if (typical) for (const shape of arena.workload.pods) forecaster.note(asked(shape));
  let { ledger } = start;
  return (shape) => {
    const requirement = asked(shape);
    if (!typical) forecaster.note(requirement);
    ledger = forecaster.foresee(ledger);
    const decision = decide(ledger, requirement);
    if (!decision.placed) return -1;
    ledger = reserve(ledger, decision.placements);
    const [placement] = decision.placements;
    const node = nodeOf(placement);
    mirror(arena.cluster, node, shape, placement);
    return node;
  };
}

/** Takes from the cluster what was decided. */
export function mirror(cluster: Cluster, node: number, shape: Shape, placement: Placement | undefined): void {
  take(cluster, node, shape, placement?.devices?.[0]?.device ?? -1);
  if ((cluster.cpu[node] as number) < 0 || (cluster.memory[node] as number) < 0)
    throw new Error(`node ${node} was given more than it has`);
}

/** Equal offers go by name: the names follow the order in which the trace breaks ties. */
function offerOf(node: TraceNode, tieBreak: number): Offer {
  const name = `${String(tieBreak).padStart(6, "0")}-${node.name}`;
  return {
    id: `openb/${name}/nvidia.com/gpu`,
    provider: "openb",
    node: name,
    resource: "nvidia.com/gpu",
    gpu: { vendor: "nvidia", model: node.model, sharing: "none", replicas: 1, scores: {} },
    total: node.gpus,
    free: node.gpus,
    devices: Array.from({ length: node.gpus }, () => MILLI),
    nodeGpus: node.gpus,
    nodeIdle: true,
    cpu: node.cpuMilli / 1000,
    memoryGi: node.memoryMib / MIB_PER_GIB,
    interruptible: false,
    place: { groups: [] },
    network: {},
    energy: {},
    compliance: { certifications: [], dataResidency: [] },
    security: {},
    sla: {},
  };
}

function requirementOf(shape: Shape): Requirement {
  return {
    gpu: {
      count: shape.gpus,
      ...(isShared(shape) && { milli: shape.gpuMilli, shared: true }),
      ...(shape.models && { models: shape.models }),
    },
    cpu: shape.cpuMilli / 1000,
    memoryGi: shape.memoryMib / MIB_PER_GIB,
    tasks: 1,
    objective: "cost",
    kind: "hpc",
    currency: "EUR",
    constraints: {},
    priority: 0,
  };
}
