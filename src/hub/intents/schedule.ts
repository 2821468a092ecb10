import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { Placed } from "../../allocation/decision.ts";
import type { Ledger } from "../../allocation/ledger.ts";
import type { IntentTask } from "../../intent/status-schema.ts";
import { capsuleTenantOf } from "../engines/capsule.ts";
import { patienceOf } from "./absence.ts";
import { beginPass } from "./begin-pass.ts";
import { isClosed } from "./hours.ts";
import { conditionOf, holdsPlacement, type IntentView, isWaiting } from "./intent-view.ts";
import { lookOver, MOST_TOGETHER, type Taken } from "./look-over.ts";
import { beginMoves } from "./move.ts";
import { endedStatus, leftStatus, placedStatus, queuedStatus } from "./next-status.ts";
import { heldPlacements } from "./places.ts";
import type { Holder } from "./preempt.ts";
import { inTurn } from "./queue-order.ts";
import { formerPlace, withoutDeadline } from "./returning.ts";
import { heldBackMs, heldPlaces, sayFailed } from "./start.ts";
import { missed } from "./suspension.ts";
import { type Asking, type Outcome, type Pass, takeTurn } from "./turn.ts";
import { announce, askedBy, type World, writeStatus } from "./world.ts";

/** Decisions in a row before others have the event loop. */
const AT_ONCE = 8;
type Write = (signal: AbortSignal) => Promise<void>;

/** Outcomes with which it goes on waiting. */
const WAITING: readonly Outcome["result"][] = ["waits", "preempts", "moves"];

/** Goes through the queue once: everybody in turn. Returns when to go through it again, if anybody still waits. */
export async function scheduleOnce(
  world: World,
  signal: AbortSignal,
): Promise<{ readonly requeueAfterMs?: number }> {
  const asking = [...world.store.values()].filter(isWaiting).flatMap((view) => askingOf(world, view) ?? []);
  if (asking.length === 0) return {};
  const pass = beginPass(world);
  const all: Turns = { pass, writes: [], waiting: 0, taken: [], start: pass.ledger };
  try {
    await allTurns(world, asking, all, signal);
  } finally {
    // Whatever becomes of later turns: what was decided is held, and so it has to be told.
    await inParallel(all.writes, world.options.concurrency, signal);
  }
  return all.waiting > 0 ? { requeueAfterMs: world.options.queueEveryMs } : {};
}

/** What came of the turns so far. */
interface Turns {
  readonly pass: Pass;
  readonly writes: Write[];
  /** How many go on waiting. */
  waiting: number;
  /** Turns since the ledger was `start`, of which nobody was told yet. */
  taken: Taken[];
  start: Ledger;
}

/** Everybody's turn; adds the writes that follow from them, and how many go on waiting. */
async function allTurns(
  world: World,
  asking: readonly Asking[],
  all: Turns,
  signal: AbortSignal,
): Promise<void> {
  const { pass } = all;
  let count = 0;
  const turns = inTurn(asking, heldByTenant(world));
  for (let turn = turns.next(); turn.done !== true && !signal.aborted; ) {
    const { priority } = turn.value;
    if (all.taken.length === MOST_TOGETHER || all.taken.some((one) => one.asking.priority !== priority))
      decideOn(world, all);
    const taken = takeOne(world, pass, turn.value);
    if (taken !== undefined) all.taken.push(taken);
    turn = turns.next(taken?.outcome.result === "placed");
    count += 1;
    if (count % AT_ONCE === 0) await yieldToOthers();
  }
  decideOn(world, all);
}

function takeOne(world: World, pass: Pass, asking: Asking): Taken | undefined {
  const view = world.store.get(asking.key);
  if (view === undefined || !isWaiting(view)) return undefined;
  const startedAt = world.context.stopwatch();
  const outcome = takeTurn(pass, asking);
  world.context.metrics.intents.decided((world.context.stopwatch() - startedAt) / 1000);
  return { view, asking, outcome };
}

/** Looks the turns over that were taken, and lets them count. */
function decideOn(world: World, all: Turns): void {
  for (const { view, outcome } of lookOver(all.pass, all.start, all.taken)) {
    // Who changed since its turn is asked again.
    const isAsItWas = world.store.get(view.key) === view;
    if (!isAsItWas || WAITING.includes(outcome.result)) all.waiting += 1;
    // What is placed is held from this moment, before anybody of the next priority has a turn.
    if (isAsItWas) all.writes.push(writeOf(world, view, outcome, all.waiting));
  }
  [all.taken, all.start] = [[], all.pass.ledger];
}

function askingOf(world: World, view: IntentView): Asking | undefined {
  const now = world.context.now();
  const requirement = askedBy(world, view);
  if (requirement === undefined || !view.read.ok || world.unsure.has(view.uid)) return undefined;
  // A new one may be here before its own next step, which looks at the clock.
  if (isClosed(view, now) || missed(view, now) !== undefined) return undefined;
  if (heldBackMs(view, world.options.start, now) !== undefined) return undefined;
  const { negotiation } = view.read.spec.constraints ?? {};
  const since = Date.parse(view.status.queue?.since ?? "");
  const waitsSince = Number.isNaN(since) ? view.createdAt : since;
  const isPatient = now - waitsSince < patienceOf(view, world.options.maxInterruptionMs);
  const held = heldPlaces(view, world.options.start, now);
  const place = formerPlace(view, (task) => isOffered(world, task), isPatient);
  return {
    key: view.key,
    uid: view.uid,
    tenant: view.tenant,
    priority: requirement.priority,
    since: waitsSince,
    gpus: requirement.tasks * requirement.gpu.count,
    requirement: place === undefined ? requirement : withoutDeadline(requirement),
    place,
    avoids: new Set([...avoidedBy(view), ...held.closed]),
    shuns: new Set(held.shunned),
    patienceMs: (negotiation?.timeoutSeconds ?? 0) * 1000,
  };
}

/** Whether the provider tells at present of the offer that a task had. */
const isOffered = ({ context }: World, { provider, node, resource }: IntentTask): boolean =>
  context.pool.node(provider, node)?.offers.some((offer) => offer.resource === resource) === true;

/** Where it was lost it does not go again before what is left of it there is cleaned up. */
function avoidedBy({ status }: IntentView): readonly string[] {
  return (status.abandoned ?? []).flatMap(({ provider, reason = "", tasks }) => {
    if (reason.startsWith("Provider")) return [provider];
    return /^(Node|Candidate)/.test(reason) ? tasks.map(({ node }) => `${provider}/${node}`) : [];
  });
}

function heldByTenant(world: World): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const view of world.store.values()) {
    if (!holdsPlacement(view)) continue;
    held.set(view.tenant, (held.get(view.tenant) ?? 0) + (view.status.placement?.gpus ?? 0));
  }
  return held;
}

/** The Tenant of the provider's Capsule, where it has one. */
function capsuleTenantAt(
  { context }: World,
  { tenant }: IntentView,
  { placements }: Placed,
): string | undefined {
  const provider = context.providers.get(placements[0]?.provider ?? "")?.provider();
  return capsuleTenantOf(provider?.spec.capsule, tenant);
}

function writeOf(world: World, view: IntentView, outcome: Outcome, position: number): Write {
  const now = world.context.now();
  switch (outcome.result) {
    case "placed": {
      const tenant = capsuleTenantAt(world, view, outcome.decision);
      const status = placedStatus(view, { ...outcome, tenant }, now, world.options.currencyRates);
      world.book.set(view.uid, heldPlacements({ ...view, status }));
      // Until the answer is there, what older states of the Intent say of its place does not count.
      world.unsure.set(view.uid, "writing");
      return (signal) =>
        settle(world, view, async () => {
          const next = await writeStatus(world, view, status, signal);
          const isBack = status.placement?.namespace === view.status.placement?.namespace;
          const reason = isBack ? "Resumed" : "Placed";
          announce(world, next, { type: "Normal", reason, message: status.message ?? "" });
        });
    }
    case "ends":
      return (signal) =>
        settle(world, view, async () => {
          const next = await writeStatus(
            world,
            view,
            endedStatus(view, "NothingFits", outcome.reason, now),
            signal,
          );
          announce(world, next, { type: "Warning", reason: "NothingFits", message: outcome.reason });
        });
    case "preempts":
      return async (signal) => {
        for (const victim of outcome.victims) await displace(world, view, victim, signal);
        await tellQueued(world, view, { position, ...outcome }, signal);
      };
    case "moves": {
      const moves = beginMoves(world, view, outcome);
      return async (signal) => {
        for (const move of moves) await settle(world, move.view, () => move.write(signal));
        await tellQueued(world, view, { position, ...outcome }, signal);
      };
    }
    case "waits":
      return (signal) => tellQueued(world, view, { position, ...outcome }, signal);
  }
}

/** Runs the write; whatever happens, the Intent is looked at again, and first of all whether the write arrived. */
async function settle(world: World, view: IntentView, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (world.context.signal.aborted) return;
    // One that went meanwhile is not remembered.
    if (world.store.byUid(view.uid) !== undefined) world.unsure.set(view.uid, "unknown");
    world.context.log.warn(
      { intent: view.key, error: String(error) },
      "a decision could not be written; it is made again",
    );
  }
  world.wake(view.key);
}

async function displace(world: World, by: IntentView, { uid }: Holder, signal: AbortSignal): Promise<void> {
  const victim = world.store.byUid(uid);
  if (victim === undefined || !holdsPlacement(victim)) return;
  const message = `gave way to ${by.key}, which has a higher priority; it keeps its place in the queue`;
  const status = leftStatus(victim, { reason: "Preempted", message, phase: "Queued" }, world.context.now());
  await settle(world, victim, async () => {
    const next = await writeStatus(world, victim, status, signal);
    announce(world, next, { type: "Warning", reason: "Preempted", message: status.message ?? message });
  });
}

type Queued = { readonly position: number } & Pick<
  Extract<Outcome, { result: "waits" }>,
  "reason" | "decision"
>;

/** Tells the place in the queue: at once when it begins to wait, after that only so often. */
async function tellQueued(world: World, view: IntentView, turn: Queued, signal: AbortSignal): Promise<void> {
  const { phase, queue } = view.status;
  const before = sayFailed(view);
  const queued = before === undefined ? turn : { ...turn, reason: `${turn.reason}; ${before}` };
  const now = world.context.now();
  const isSame = phase === "Queued" && queue?.position === queued.position && queue.reason === queued.reason;
  if (isSame || (phase === "Queued" && queue?.position !== 0 && !mayTellAgain(world, view, now))) return;
  await settleQuietly(world, view, async () => {
    const next = await writeStatus(world, view, queuedStatus(view, queued, now), signal);
    world.told.set(view.uid, now);
    if (phase !== "Queued")
      announce(world, next, { type: "Normal", reason: "Queued", message: next.status.message ?? "" });
  });
}

const MOST_TOLD = 10_000;

function mayTellAgain({ options, told }: World, view: IntentView, now: number): boolean {
  if (told.size > MOST_TOLD) told.clear();
  const last = told.get(view.uid) ?? Date.parse(conditionOf(view, "Reserved")?.lastTransitionTime ?? "");
  return Number.isNaN(last) || Math.abs(now - last) >= options.queueEveryMs;
}

/** The order in the queue is news, not state: a write that fails is made up for by the next. */
async function settleQuietly(world: World, view: IntentView, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    world.context.log.debug(
      { intent: view.key, error: String(error) },
      "the place in the queue could not be written",
    );
  }
}

async function inParallel(writes: readonly Write[], concurrency: number, signal: AbortSignal): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < writes.length && !signal.aborted) {
      const write = writes[next++];
      await write?.(signal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, writes.length) }, worker));
}
