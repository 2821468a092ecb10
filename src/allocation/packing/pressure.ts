import type { ForecastClasses } from "../types.ts";
import { idleMilli, type Room } from "./room.ts";

/** Rounds in which every group of demand moves to where the pressure is least. */
const ROUNDS = 40;
const MOST = 4;
/** What a thousandth is worth where demand and room are the same, beside its use for everybody. */
const WEIGHT = 2;

interface Supply {
  readonly class: number;
  readonly idle: number;
  load: number;
}

interface Group {
  readonly demand: number;
  readonly supplies: readonly Supply[];
  readonly shares: Map<Supply, number>;
}

/**
 * Demand over room by class of offers, counting only demand that cannot go everywhere, each part of it where the pressure
 * is least. Twice its square is what a free thousandth of the class is worth beside its use for everybody: little where few need
 * this class, more than any other use where more is asked than there is.
 */
export function pressuresOf(
  { bits }: ForecastClasses,
  rooms: readonly Room[],
  demand: readonly number[],
): ReadonlyMap<number, number> {
  const supplies = suppliesOf(rooms);
  const groups = groupsOf(bits, demand, supplies);
  for (let round = 0; round < ROUNDS; round += 1) for (const group of groups) settle(group);
  return new Map(
    supplies.map(({ class: own, load, idle }) => [own, Math.min(MOST, WEIGHT * (load / idle) ** 2)]),
  );
}

function suppliesOf(rooms: readonly Room[]): readonly Supply[] {
  const idle = new Map<number, number>();
  for (const room of rooms) idle.set(room.class, (idle.get(room.class) ?? 0) + idleMilli(room));
  return [...idle].flatMap(([own, milli]) => (milli > 0 ? [{ class: own, idle: milli, load: 0 }] : []));
}

/** Demand with the same conditions; that which may go to every class presses on none. */
function groupsOf(
  bits: readonly number[],
  demand: readonly number[],
  supplies: readonly Supply[],
): readonly Group[] {
  const sums = new Map<number, number>();
  for (const [position, bit] of bits.entries()) sums.set(bit, (sums.get(bit) ?? 0) + (demand[position] ?? 0));
  return [...sums].flatMap(([bit, sum]) => {
    const open = supplies.filter((supply) => (supply.class & bit) !== 0);
    const isFree = open.length === 0 || open.length === supplies.length;
    return isFree ? [] : [{ demand: sum, supplies: open, shares: new Map<Supply, number>() }];
  });
}

/** Pours the group's demand out anew over its classes, up to one level of pressure. */
function settle({ demand, supplies, shares }: Group): void {
  for (const supply of supplies) supply.load -= shares.get(supply) ?? 0;
  const lowest = supplies.toSorted((left, right) => left.load / left.idle - right.load / right.idle);
  let load = 0;
  let idle = 0;
  let level = 0;
  for (const [index, supply] of lowest.entries()) {
    load += supply.load;
    idle += supply.idle;
    level = (load + demand) / idle;
    const next = lowest[index + 1];
    if (next !== undefined && level <= next.load / next.idle) break;
  }
  for (const supply of supplies) {
    const share = Math.max(0, level * supply.idle - supply.load);
    shares.set(supply, share);
    supply.load += share;
  }
}
