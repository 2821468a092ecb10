/**
 * Steps of the hub beyond one decision after the other: turns of those who wait at the same time are looked over together,
 * and a few of those who may be interrupted are moved to make room.
 */
import { availableMilli } from "../../src/allocation/capacity.ts";
import { decide } from "../../src/allocation/decide.ts";
import type { Placement } from "../../src/allocation/decision.ts";
import { type Ledger, release, reserve } from "../../src/allocation/ledger.ts";
import { createDemandBook } from "../../src/allocation/packing/demand.ts";
import { createForecaster } from "../../src/allocation/packing/forecaster.ts";
import { moved, planMoves, type Seated } from "../../src/allocation/plan-moves.ts";
import type { Requirement } from "../../src/allocation/requirement.ts";
import type { Offer } from "../../src/allocation/types.ts";
import type { IntentView } from "../../src/hub/intents/intent-view.ts";
import { lookOver, type Taken } from "../../src/hub/intents/look-over.ts";
import { type Pass, takeTurn } from "../../src/hub/intents/turn.ts";
import { type Cluster, put } from "./cluster.ts";
import { mirror, type Told, told } from "./flare.ts";
import type { Arena, Place } from "./placer.ts";
import { generator } from "./random.ts";
import { MILLI, type Shape } from "./workload.ts";

const MIB_PER_GIB = 1024;
/** New places that are looked for in one plan, as the hub does. */
const TRIES = 16;

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

/** Everybody's turn, by age, and then all of them looked over. */
function passOver(pass: Pass, waiting: readonly Requirement[]): readonly (Placement | undefined)[] {
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
  /**
   * Whenever all who are there, with a place or without, ask for more than this share of all GPUs, somebody leaves, drawn by
   * the seed: the same ones whatever the policy did. Absent: nobody leaves, as in the trace.
   */
  readonly stay?: number;
}

interface Running extends Seated {
  readonly isMovable: boolean;
}

/** The allocator's view of the pool, and who is in it. */
interface Scene extends Pick<Told, "nodeOf"> {
  readonly arena: Arena;
  ledger: Ledger;
  /** Who has a place, by uid. */
  readonly running: Map<string, Running>;
  /** All who are there, with a place or without, in no order; and what they ask for together. */
  readonly there: { readonly uid: string; readonly milli: number }[];
  demand: number;
}

/** Nobody is moved twice: as if the whole trace were shorter than the hub's cooldown. */
export function withMoves(arena: Arena, { share, maxMoves, stay }: Moving): Place {
  const { asked, nodeOf, ledger } = told(arena);
  const scene: Scene = { arena, nodeOf, ledger, running: new Map(), there: [], demand: 0 };
  const forecaster = createForecaster(createDemandBook());
  const draw = generator(arena.seed);
  const leaving = generator(arena.seed + 1);
  let arrived = 0;
  return (shape) => {
    const requirement = asked(shape);
    const isMovable = draw() < share;
    const uid = String(arrived++).padStart(6, "0");
    forecaster.note(requirement);
    scene.ledger = forecaster.foresee(scene.ledger);
    if (stay !== undefined) letGo(scene, arena.workload.capacity * stay, leaving);
    const placement = placeOne(scene, shape, requirement, maxMoves);
    count(scene, uid, shape, placement !== undefined);
    if (placement === undefined) return -1;
    scene.running.set(uid, { uid, requirement, placements: [placement], cost: milliOf(shape), isMovable });
    return nodeOf(placement);
  };
}

function placeOne(
  scene: Scene,
  shape: Shape,
  requirement: Requirement,
  maxMoves: number,
): Placement | undefined {
  const decision = decide(scene.ledger, requirement);
  if (!decision.placed)
    return decision.couldFit && maxMoves > 0 ? makeRoom(scene, requirement, maxMoves) : undefined;
  const [placement] = decision.placements;
  scene.ledger = reserve(scene.ledger, decision.placements);
  mirror(scene.arena.cluster, scene.nodeOf(placement), shape, placement);
  return placement;
}

function makeRoom(scene: Scene, requirement: Requirement, maxMoves: number): Placement | undefined {
  const { running, arena } = scene;
  const seats = [...running.values()].filter(({ isMovable }) => isMovable);
  const plan = planMoves(scene.ledger, requirement, seats, { maxMoves, worseBy: 0, tries: TRIES });
  if (plan === undefined) return undefined;
  scene.ledger = moved(scene.ledger, seats, plan);
  arena.tally.moves += plan.moves.length;
  for (const { uid, decision } of plan.moves) {
    const mover = running.get(uid);
    if (mover === undefined) continue;
    running.set(uid, { ...mover, placements: decision.placements, isMovable: false });
    show(scene, [...mover.placements, ...decision.placements]);
  }
  show(scene, plan.decision.placements);
  return plan.decision.placements[0];
}

/** Somebody leaves, as long as those who are there ask for more than this. */
function letGo(scene: Scene, most: number, draw: () => number): void {
  const { there, running, arena } = scene;
  while (scene.demand > most) {
    const at = Math.floor(draw() * there.length);
    const gone = there[at];
    const last = there.pop();
    if (gone === undefined || last === undefined) return;
    if (at < there.length) there[at] = last;
    scene.demand -= gone.milli;
    arena.tally.left += 1;
    const { placements = [] } = running.get(gone.uid) ?? {};
    running.delete(gone.uid);
    scene.ledger = release(scene.ledger, placements);
    show(scene, placements);
  }
}

function count(scene: Scene, uid: string, shape: Shape, isPlaced: boolean): void {
  const { tally } = scene.arena;
  const milli = milliOf(shape);
  scene.there.push({ uid, milli });
  scene.demand += milli;
  if (tally.left === 0) return;
  tally.asked += milli;
  if (isPlaced) tally.given += milli;
}

/** The measures look at the cluster: there the nodes are as in the ledger. */
function show({ arena, ledger, nodeOf }: Scene, placements: readonly Placement[]): void {
  for (const node of new Set(placements.map(nodeOf))) putAs(arena.cluster, node, ledger.offers[node]);
}

/** Thousandths of GPUs that begin anew; the trace does not tell how long anybody has run. */
const milliOf = ({ gpus, gpuMilli }: Shape): number => gpus * gpuMilli;

function putAs(cluster: Cluster, node: number, offer: Offer | undefined): void {
  if (offer?.devices === undefined) return;
  put(cluster, node, {
    cpuMilli: availableMilli(offer.cpu),
    memoryMib: Math.round(offer.memoryGi * MIB_PER_GIB),
    devices: Array.from(offer.devices, (milli) => Math.min(MILLI, milli)),
  });
}
