import type { Asker, Place } from "./asker.ts";
import type { TaskSize } from "./room.ts";

/** What one unit of everything that runs out costs: units by offer, millicores and KiB by node. */
export interface Prices {
  readonly units: Float64Array;
  readonly milli: Float64Array;
  readonly kibi: Float64Array;
}

/** What somebody would have at any prices: the cheapest by loss and price, as if nobody else were there. */
export interface Wish {
  readonly size: TaskSize;
  readonly tasks: number;
  /** The places among which all tasks stay together. */
  readonly groups: readonly WishGroup[];
}

interface WishGroup {
  readonly places: readonly Place[];
  /** Their positions in the room, side by side: they are looked at again and again. */
  readonly offerAt: Int32Array;
  readonly nodeAt: Int32Array;
  /** What a task loses there, in what losses add up in. */
  readonly losses: Float64Array;
  /** The same with the price of what it takes. */
  readonly costs: Float64Array;
  /** Positions of the places, the cheapest first. Kept: from one look to the next little changes. */
  readonly order: number[];
}

/** A wish that can be fulfilled, with what it costs. */
export interface Fulfilled {
  readonly cost: number;
  readonly shares: readonly (readonly [Place, number])[];
}

/** `weight`: what one unit of the loss of a task counts. Bounds on money and carbon are left out. */
export function wishOf({ size, problem, groups }: Asker, weight: number): Wish {
  return {
    size,
    tasks: problem.tasks,
    groups: groups.map((places) => {
      // What is not told is taken for the worst of what is.
      const worst = places.findLast(({ loss }) => Number.isFinite(loss))?.loss ?? 0;
      const losses = Float64Array.from(places, ({ loss }) => (Number.isFinite(loss) ? loss : worst) * weight);
      return {
        places,
        offerAt: Int32Array.from(places, ({ offerAt }) => offerAt),
        nodeAt: Int32Array.from(places, ({ nodeAt }) => nodeAt),
        losses,
        costs: new Float64Array(places.length),
        order: [...places.keys()],
      };
    }),
  };
}

/** What a task of this size pays on an offer and its node. */
export const priceAt = (
  prices: Prices,
  { units, milli, kibi }: TaskSize,
  offerAt: number,
  nodeAt: number,
): number =>
  units * (prices.units[offerAt] as number) +
  milli * (prices.milli[nodeAt] as number) +
  kibi * (prices.kibi[nodeAt] as number);

/** The cheapest at these prices; undefined where no group has room for all tasks. */
export function cheapestOf({ size, tasks, groups }: Wish, prices: Prices): Fulfilled | undefined {
  let best: Fulfilled | undefined;
  for (const group of groups) {
    const { losses, costs, order, offerAt, nodeAt } = group;
    for (let at = 0; at < costs.length; at += 1)
      costs[at] = (losses[at] as number) + priceAt(prices, size, offerAt[at] as number, nodeAt[at] as number);
    order.sort((left, right) => (costs[left] as number) - (costs[right] as number));
    const filled = fillOf(group, tasks);
    if (filled !== undefined && (best === undefined || filled.cost < best.cost)) best = filled;
  }
  return best;
}

function fillOf({ places, costs, order }: WishGroup, tasks: number): Fulfilled | undefined {
  const shares: [Place, number][] = [];
  const onNodes = new Map<number, number>();
  let [cost, left] = [0, tasks];
  for (const at of order) {
    const place = places[at] as Place;
    const onNode = onNodes.get(place.nodeAt) ?? 0;
    const taken = Math.min(left, place.room, place.nodeRoom - onNode);
    if (taken < 1) continue;
    onNodes.set(place.nodeAt, onNode + taken);
    shares.push([place, taken]);
    cost += taken * (costs[at] as number);
    left -= taken;
    if (left === 0) return { cost, shares };
  }
  return undefined;
}
