import { type Requirement, strategyOf } from "../../../src/allocation/requirement.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { bruteFits, bruteGood } from "./brute-force.ts";

/** How many have a place, and the sum of their values as decisions tell them, higher is better. */
export interface BruteBest {
  readonly placed: number;
  readonly good: number;
}

const nodeOf = ({ provider, node }: Offer): string => `${provider}/${node}`;

/** Every way to put all tasks of everybody on the offers, or to leave somebody out: the best of them. */
export function bruteTogether(offers: readonly Offer[], all: readonly Requirement[]): BruteBest {
  const [asked, ...rest] = all;
  if (asked === undefined) return { placed: 0, good: 0 };
  let best = bruteTogether(offers, rest);
  const fitting = offers.filter((offer) => bruteFits(offer, asked));
  for (const chosen of choices(fitting, asked.tasks)) {
    const left = isAllowed(chosen, asked) ? takenOff(offers, chosen, asked) : undefined;
    if (left === undefined) continue;
    const others = bruteTogether(left, rest);
    const sum = chosen.reduce((total, offer) => total + bruteGood(offer, asked), 0);
    const isMean = asked.objective === "latency" || asked.objective === "balanced";
    const next = { placed: others.placed + 1, good: others.good + sum / (isMean ? asked.tasks : 1) };
    if (next.placed > best.placed || (next.placed === best.placed && next.good > best.good)) best = next;
  }
  return best;
}

function* choices(offers: readonly Offer[], tasks: number, from = 0): Generator<readonly Offer[]> {
  if (tasks === 0) yield [];
  for (let index = from; tasks > 0 && index < offers.length; index += 1) {
    const offer = offers[index];
    if (offer) for (const rest of choices(offers, tasks - 1, index)) yield [offer, ...rest];
  }
}

function isAllowed(chosen: readonly Offer[], asked: Requirement): boolean {
  const places = new Set(chosen.map(({ provider, place }) => `${provider}/${place.zone}`));
  return strategyOf(asked) !== "colocated" || places.size === 1;
}

/** What is left for others; undefined where there was not enough. */
function takenOff(
  offers: readonly Offer[],
  chosen: readonly Offer[],
  asked: Requirement,
): readonly Offer[] | undefined {
  const ids = chosen.map(({ id }) => id);
  const nodes = chosen.map(nodeOf);
  const count = <T>(items: readonly T[], item: T): number => items.filter((each) => each === item).length;
  const left = offers.map((offer): Offer => {
    const tasks = count(nodes, nodeOf(offer));
    return {
      ...offer,
      free: tasks > 0 && asked.gpu.dedicated ? 0 : offer.free - count(ids, offer.id) * asked.gpu.count,
      cpu: offer.cpu - tasks * asked.cpu,
      memoryGi: offer.memoryGi - tasks * asked.memoryGi,
      nodeIdle: offer.nodeIdle && tasks === 0,
    };
  });
  return left.every(({ free, cpu, memoryGi }) => Math.min(free, cpu, memoryGi) >= 0) ? left : undefined;
}
