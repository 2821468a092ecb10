import { type HourlyBounds, within } from "./bounds.ts";
import type { Candidate } from "./candidate.ts";
import { nodeRooms, type Share, sharesOf } from "./plan.ts";
import { moneyBound, sum } from "./spending.ts";

/** Moves at most; each takes as many tasks as it can, so that few are needed. */
const MOVES = 64;
const HAIR = 1e-9;

interface Move {
  readonly from: Candidate;
  readonly to: Candidate;
  readonly tasks: number;
  readonly gain: number;
}

/**
 * Moves tasks of an allowed plan to better candidates as long as the bounds have slack, the largest gain first. What a
 * price on money cannot say, how many of equal tasks go to the better offer, is settled here.
 */
export function improve(
  shares: readonly Share[],
  candidates: readonly Candidate[],
  bounds: HourlyBounds,
): readonly Share[] {
  const taken = new Map(shares.map(({ candidate, tasks }) => [candidate, tasks]));
  for (let move = 0; move < MOVES; move += 1) {
    const best = bestMove(taken, candidates, bounds);
    if (!best) break;
    taken.set(best.from, (taken.get(best.from) ?? 0) - best.tasks);
    taken.set(best.to, (taken.get(best.to) ?? 0) + best.tasks);
  }
  return sharesOf(taken, candidates);
}

function bestMove(
  taken: ReadonlyMap<Candidate, number>,
  candidates: readonly Candidate[],
  bounds: HourlyBounds,
): Move | undefined {
  const shares = sharesOf(taken, candidates);
  const slack = slackOf(shares, bounds);
  const rooms = roomsLeft(shares, candidates);
  // A task that stays on its node needs no more of the node's CPU and memory.
  const roomFor = (to: Candidate, { candidate: from, tasks }: Share): number =>
    Math.min(
      tasks,
      to.room - (taken.get(to) ?? 0),
      to.node === from.node ? tasks : (rooms.get(to.node) ?? 0),
    );
  let best: Move | undefined;
  for (const share of shares) {
    const from = share.candidate;
    for (const to of candidates) {
      // Best first: from here on none is better than where the task is.
      if (to.loss >= from.loss) break;
      const tasks = Math.min(roomFor(to, share), affordable(from, to, slack));
      const gain = tasks * (from.loss - to.loss);
      if (gain > (best?.gain ?? 0)) best = { from, to, tasks, gain };
    }
  }
  return best;
}

function roomsLeft(shares: readonly Share[], candidates: readonly Candidate[]): ReadonlyMap<string, number> {
  const rooms = nodeRooms(candidates);
  for (const { candidate, tasks } of shares) {
    rooms.set(candidate.node, (rooms.get(candidate.node) ?? 0) - tasks);
  }
  return rooms;
}

/** What the bounds leave; undefined where there is none. */
interface Slack {
  readonly money: number | undefined;
  readonly carbon: number | undefined;
}

function slackOf(shares: readonly Share[], bounds: HourlyBounds): Slack {
  const money = moneyBound(bounds);
  const left = (bound: number | undefined, spent: number): number | undefined =>
    bound === undefined ? undefined : Math.max(0, within(spent, bound) ? bound - spent : 0);
  return {
    money: left(
      money,
      sum(shares, ({ rate }) => rate),
    ),
    carbon: left(
      bounds.maxCarbon,
      sum(shares, ({ carbon }) => carbon),
    ),
  };
}

/** How many tasks can move before a bound is met. */
function affordable(from: Candidate, to: Candidate, { money, carbon }: Slack): number {
  return Math.min(steps(money, to.rate - from.rate), steps(carbon, to.carbon - from.carbon));
}

const steps = (slack: number | undefined, each: number): number =>
  slack === undefined || each <= 0 ? Number.MAX_SAFE_INTEGER : Math.floor(slack / each + HAIR);
