import { type Asker, pricedAt } from "./asker.ts";
import { isMean } from "./objective.ts";
import { restore, type Seating, scoreOf } from "./seating.ts";
import { cheapestOf, type Prices, priceAt, type Wish, wishOf } from "./wishes.ts";

/** How often prices are set anew. */
const ROUNDS = 100;
/** After so many rounds in vain the steps become half as long. */
const PATIENCE = 5;
/** From this round on, every eighth is told beside the best: prices swing, and where one errs another does not. */
const SETTLED = 40;
const EVERY = 8;

/** What there is of everything that runs out, in one row: units by offer, millicores by node, KiB by node. */
interface Stocks {
  readonly row: Float64Array;
  readonly offers: number;
  readonly nodes: number;
}

/**
 * The askers as they see their places when room has its price, at several such prices; none where nobody is in anybody's
 * way. Who may as well go elsewhere finds it there: what the room is worth to others is in what it costs.
 *
 * Round by round each of those who are seated now wishes for what is cheapest by loss and price, whoever else does. What is
 * wished for more than it is there gets dearer, what less, cheaper (Lagrange multipliers by subgradients, the length of
 * the steps by Polyak, towards the score of the seating).
 */
export function pricedAskers(seating: Seating): readonly (readonly Asker[])[] {
  const { askers, plans } = seating;
  const weights = askers.map((_, index) => taskWeight(seating, index));
  const wishes = askers.flatMap((asker, index) =>
    asker.isMovable && plans[index] !== undefined ? [wishOf(asker, weights[index] ?? 1)] : [],
  );
  return pricesFor(wishes, stocksOf(seating), scoreOf(seating).loss).map((prices) =>
    askers.map((asker, index) => {
      const weight = weights[index] ?? 1;
      return pricedAt(
        asker,
        (place) => place.loss * weight + priceAt(prices, asker.size, place.offerAt, place.nodeAt),
      );
    }),
  );
}

/** What the loss of one task counts: some objectives are means over all tasks. */
function taskWeight({ askers, weights }: Seating, index: number): number {
  const { requirement, problem } = askers[index] as Asker;
  return (weights[index] ?? 1) / (isMean(requirement.objective) ? problem.tasks : 1);
}

/** What is left by those who are not moved. */
function stocksOf(seating: Seating): Stocks {
  const { askers, plans, room } = seating;
  const now = plans.slice();
  restore(
    seating,
    now.map((plan, index) => (askers[index]?.isMovable ? undefined : plan)),
  );
  const row = Float64Array.from([...room.units, ...room.milli, ...room.kibi]);
  restore(seating, now);
  return { row, offers: room.units.length, nodes: room.milli.length };
}

/** `reached`: a sum of losses that is known to be possible. Prices in the row are those of the whole stock. */
function pricesFor(wishes: readonly Wish[], stocks: Stocks, reached: number): readonly Prices[] {
  const told: Prices[] = [];
  let row = new Float64Array(stocks.row.length);
  let best = { bound: Number.NEGATIVE_INFINITY, prices: eachOf(stocks, row) };
  let [length, inVain] = [1, 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    const prices = eachOf(stocks, row);
    const { cost, excess } = wishAll(wishes, prices, stocks);
    // No seating is below: it pays for no more than there is.
    const bound = row.reduce((sum, price) => sum - price, cost);
    inVain += 1;
    if (bound > best.bound) [best, inVain] = [{ bound, prices }, 0];
    if (inVain === PATIENCE) [length, inVain] = [length / 2, 0];
    if (round >= SETTLED && round % EVERY === 0) told.push(prices);
    const square = excess.reduce((sum, each, at) => (each > 0 || row[at] !== 0 ? sum + each ** 2 : sum), 0);
    // All wishes can come true at once: without prices nobody is in anybody's way.
    if (square === 0) return round === 0 ? [] : [best.prices, ...told];
    const step = (length * Math.max(0, reached - bound)) / square;
    row = row.map((price, at) => Math.max(0, price + step * (excess[at] ?? 0)));
  }
  return [best.prices, ...told];
}

/** What all wish for costs, and how much more of each stock that is than there is, as a share of it. */
function wishAll(
  wishes: readonly Wish[],
  prices: Prices,
  { row, offers, nodes }: Stocks,
): { readonly cost: number; readonly excess: Float64Array } {
  const excess = row.map(() => -1);
  const take = (at: number, amount: number): void => {
    if (amount > 0) excess[at] = (excess[at] as number) + amount / (row[at] as number);
  };
  let sum = 0;
  for (const wish of wishes) {
    const { cost, shares } = cheapestOf(wish, prices) ?? { cost: 0, shares: [] };
    sum += cost;
    for (const [{ offerAt, nodeAt }, tasks] of shares) {
      take(offerAt, tasks * wish.size.units);
      take(offers + nodeAt, tasks * wish.size.milli);
      take(offers + nodes + nodeAt, tasks * wish.size.kibi);
    }
  }
  return { cost: sum, excess };
}

function eachOf({ row, offers, nodes }: Stocks, whole: Float64Array): Prices {
  const each = whole.map((price, at) => (price === 0 ? 0 : price / (row[at] as number)));
  return {
    units: each.subarray(0, offers),
    milli: each.subarray(offers, offers + nodes),
    kibi: each.subarray(offers + nodes),
  };
}
