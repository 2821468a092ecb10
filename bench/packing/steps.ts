/**
 * Steps of the hub beyond one decision after the other: turns of those who wait at the same time are looked over together,
 * and a few of those who may be interrupted are moved to make room.
 */
import { availableMilli } from "../../src/allocation/capacity.ts";
import { decide } from "../../src/allocation/decide.ts";
import type { Placement } from "../../src/allocation/decision.ts";
import { release, reserve } from "../../src/allocation/ledger.ts";
import { createDemandBook } from "../../src/allocation/packing/demand.ts";
import { createForecaster } from "../../src/allocation/packing/forecaster.ts";
import { moved, planMoves, type Seated } from "../../src/allocation/plan-moves.ts";
import type { Offer } from "../../src/allocation/types.ts";
import type { IntentView } from "../../src/hub/intents/intent-view.ts";
import { lookOver, type Taken } from "../../src/hub/intents/look-over.ts";
import { type Pass, takeTurn } from "../../src/hub/intents/turn.ts";
import { type Cluster, put } from "./cluster.ts";
import { mirror, told } from "./flare.ts";
import type { Arena, Place } from "./placer.ts";
import { generator } from "./random.ts";
import { MILLI, type Shape } from "./workload.ts";

const MIB_PER_GIB = 1024;

/** So many arrivals wait at the same time: a pass of the hub over its queue. Who gets no place is dropped, as always here. */
export function inBatches(arena: Arena, size: number): Place {
  const { asked, nodeOf, ...start } = told(arena);
  const forecaster = createForecaster(createDemandBook());
  const { pods } = arena.arrivals;
  let { ledger } = start;
  let decided: readonly (Placement | undefined)[] = [];
  let arrived = 0;
  return (shape) => {
    const at = arrived % size;
    if (at === 0) {
      const waiting = pods.slice(arrived, arrived + size).map(asked);
      for (const requirement of waiting) forecaster.note(requirement);
      const pass = passOn(forecaster.foresee(ledger));
      decided = passOver(pass, waiting);
      ledger = pass.ledger;
    }
    arrived += 1;
    const placement = decided[at];
    const node = nodeOf(placement);
    if (placement !== undefined) mirror(arena.cluster, node, shape, placement);
    return node;
  };
}

type Requirements = readonly Parameters<typeof decide>[1][];

/** Everybody's turn, by age, and then all of them looked over. */
function passOver(pass: Pass, waiting: Requirements): readonly (Placement | undefined)[] {
  const begin = pass.ledger;
  const taken = waiting.map((requirement, at): Taken => {
    const asking = {
      key: `openb/${at}`,
      uid: String(at),
      tenant: "openb",
      priority: 0,
      since: at,
      requirement,
      gpus: requirement.gpu.count,
      avoids: new Set<string>(),
      patienceMs: 0,
    };
    return { view: { key: asking.key } as IntentView, asking, outcome: takeTurn(pass, asking) };
  });
  return lookOver(pass, begin, taken).map(({ outcome }) =>
    outcome.result === "placed" ? outcome.decision.placements[0] : undefined,
  );
}

const passOn = (ledger: Pass["ledger"]): Pass => ({
  ledger,
  now: 0,
  leaving: [],
  holders: [],
  kept: new Set(),
  starvesAfterMs: Number.POSITIVE_INFINITY,
  refused: new Map(),
  suggestions: 0,
});

export interface Moving {
  /** Share of the pods that may be interrupted; which, is drawn by the seed. */
  readonly share: number;
  /** For one arrival; 0: nobody is moved. */
  readonly maxMoves: number;
  /** Pods leave, drawn by the seed, whenever more than this share of all GPUs is in use. Absent: nobody leaves, as in the trace. */
  readonly stay?: number;
}

interface Running extends Seated {
  readonly shape: Shape;
  readonly isMovable: boolean;
}

/** Nobody is moved twice: as if the whole trace were shorter than the hub's cooldown. */
export function withMoves(arena: Arena, { share, maxMoves, stay }: Moving): Place {
  const { cluster, tally, workload } = arena;
  const { asked, nodeOf, ...start } = told(arena);
  const forecaster = createForecaster(createDemandBook());
  const draw = generator(arena.seed);
  const leaving = generator(arena.seed + 1);
  const rules = { maxMoves, worseBy: 0, tries: 128 };
  const running: Running[] = [];
  let { ledger } = start;
  let [arrived, used] = [0, 0];
  const show = (placements: readonly (Placement | undefined)[]): void => {
    for (const node of new Set(placements.map(nodeOf))) putAs(cluster, node, ledger.offers[node]);
  };
  const makeRoom = (requirement: Requirements[number]): Placement | undefined => {
    const seats = running.filter(({ isMovable }) => isMovable);
    const plan = planMoves(ledger, requirement, seats, rules);
    if (plan === undefined) return undefined;
    ledger = moved(ledger, seats, plan);
    tally.moves += plan.moves.length;
    for (const { uid, decision } of plan.moves) {
      const at = running.findIndex((one) => one.uid === uid);
      const mover = running[at];
      if (mover === undefined) continue;
      running[at] = { ...mover, placements: decision.placements, isMovable: false };
      show([...mover.placements, ...decision.placements]);
    }
    show(plan.decision.placements);
    return plan.decision.placements[0];
  };
  const letGo = (): void => {
    while (stay !== undefined && used > workload.capacity * stay) {
      const at = Math.floor(leaving() * running.length);
      const [last, one] = [running.pop(), running[at]];
      const gone = one ?? last;
      if (gone === undefined) return;
      if (one !== undefined && last !== undefined && one !== last) running[at] = last;
      ledger = release(ledger, gone.placements);
      used -= costOf(gone.shape);
      show(gone.placements);
      tally.left += 1;
    }
  };
  return (shape) => {
    const requirement = asked(shape);
    const isMovable = draw() < share;
    const uid = String(arrived++).padStart(6, "0");
    forecaster.note(requirement);
    ledger = forecaster.foresee(ledger);
    letGo();
    const decision = decide(ledger, requirement);
    const mayMove = !decision.placed && decision.couldFit && maxMoves > 0;
    const placement = decision.placed ? decision.placements[0] : mayMove ? makeRoom(requirement) : undefined;
    if (tally.left > 0) tally.asked += costOf(shape);
    if (placement === undefined) return -1;
    if (decision.placed) {
      ledger = reserve(ledger, decision.placements);
      mirror(cluster, nodeOf(placement), shape, placement);
    }
    if (tally.left > 0) tally.given += costOf(shape);
    used += costOf(shape);
    running.push({ uid, requirement, placements: [placement], cost: costOf(shape), shape, isMovable });
    return nodeOf(placement);
  };
}

/** Thousandths of GPUs that begin anew; the trace does not tell how long anybody has run. */
const costOf = ({ gpus, gpuMilli }: Shape): number => gpus * gpuMilli;

function putAs(cluster: Cluster, node: number, offer: Offer | undefined): void {
  if (offer?.devices === undefined) return;
  put(cluster, node, {
    cpuMilli: availableMilli(offer.cpu),
    memoryMib: Math.round(offer.memoryGi * MIB_PER_GIB),
    devices: Array.from(offer.devices, (milli) => Math.min(MILLI, milli)),
  });
}
