import { availableKi, availableMilli } from "./capacity.ts";
import { createKinds, type Kind } from "./kinds.ts";
import { type DeviceSet, deviceSetOf } from "./packing/device-set.ts";
import { devicesOf } from "./packing/room.ts";
import { emptySlots } from "./slots.ts";
import type { Offer } from "./types.ts";

/** Offers that are the same but for their names: what is answered for one of them holds for all. */
export interface Lot {
  /** Below the number of offers; taken by another lot once this one is empty. */
  readonly slot: number;
  /** No two lots ever have the same; above 0. */
  readonly number: number;
  readonly key: string;
  readonly kind: Kind;
  /** One of them as it was when the lot came to be. */
  readonly sample: Offer;
  readonly devices: DeviceSet;
  readonly cpuMilli: number;
  /** Who they are: the places of their names among all, ascending. */
  readonly members: number[];
  /** When somebody came or went last. */
  touched: number;
  /** The ones that were touched before and after this one. */
  before: Lot | undefined;
  after: Lot | undefined;
}

/** The lots of some offers, which change all the time. */
export interface Lots {
  /** The one that was touched last: from there `before` leads to all others. */
  latest(): Lot | undefined;
  /** The lot that has this slot now. */
  at(slot: number): Lot | undefined;
  /** Counts what was touched. */
  clock(): number;
  /** The offer at this place among the names has become this one, of which that is told. */
  renew(place: number, offer: Offer, told: Offer): void;
}

/** Creates them for so many offers, none of which is known yet. */
export function createLots(length: number): Lots {
  const kinds = createKinds();
  const tolds = emptySlots<Offer>(length);
  const kindAt = emptySlots<Kind>(length);
  const lotAt = emptySlots<Lot>(length);
  const known = new Map<string, Lot>();
  const bySlot: Lot[] = [];
  const empty: Lot[] = [];
  let slots = 0;
  let made = 0;
  let latest: Lot | undefined;
  let clock = 0;

  const unlink = (lot: Lot): void => {
    if (lot.before !== undefined) lot.before.after = lot.after;
    if (lot.after !== undefined) lot.after.before = lot.before;
    else if (latest === lot) latest = lot.before;
    lot.before = undefined;
    lot.after = undefined;
  };
  const touch = (lot: Lot): void => {
    clock += 1;
    lot.touched = clock;
    if (latest === lot) return;
    unlink(lot);
    lot.before = latest;
    if (latest !== undefined) latest.after = lot;
    latest = lot;
  };
  const takeSlot = (): number => {
    const gone = empty.pop();
    if (gone !== undefined) unlink(gone);
    return gone?.slot ?? slots++;
  };
  const kindOf = (place: number, told: Offer): Kind => {
    const current = kindAt[place];
    if (current !== undefined && tolds[place] === told) return current;
    const kind = kinds.join(told);
    if (current !== undefined) kinds.leave(current);
    tolds[place] = told;
    kindAt[place] = kind;
    return kind;
  };
  const leave = (lot: Lot, place: number): void => {
    lot.members.splice(placeIn(lot.members, place), 1);
    touch(lot);
    if (lot.members.length === 0 && known.delete(lot.key)) empty.push(lot);
  };
  return {
    latest: () => latest,
    at: (slot) => bySlot[slot],
    clock: () => clock,
    renew: (place, offer, told) => {
      const kind = kindOf(place, told);
      const key = keyOf(kind, offer);
      const current = lotAt[place];
      let lot = known.get(key);
      if (lot !== undefined && lot === current) return;
      if (current !== undefined) leave(current, place);
      if (lot === undefined) {
        lot = lotOf(takeSlot(), ++made, key, kind, offer);
        known.set(key, lot);
        bySlot[lot.slot] = lot;
      }
      lot.members.splice(placeIn(lot.members, place), 0, place);
      lotAt[place] = lot;
      touch(lot);
    },
  };
}

const lotOf = (slot: number, number: number, key: string, kind: Kind, sample: Offer): Lot => ({
  slot,
  number,
  key,
  kind,
  sample,
  devices: deviceSetOf(devicesOf(sample)),
  cpuMilli: availableMilli(sample.cpu),
  members: [],
  touched: 0,
  before: undefined,
  after: undefined,
});

/** All that is free, beside what the kind is. */
const keyOf = (kind: Kind, { free, devices, cpu, memoryGi, nodeIdle }: Offer): string =>
  `${kind.id} ${nodeIdle} ${availableMilli(cpu)} ${availableKi(memoryGi)} ${free} ${devices && deviceSetOf(devices).id}`;

/** Where it stands among these, or would stand. */
function placeIn(ascending: readonly number[], wanted: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
