import { availableKi, availableMilli, neededKi, neededMilli, nodeKey } from "./capacity.ts";
import type { DeviceShare, Placement } from "./decision.ts";
import { createHistory, FIRST_VERSION, type History, noteChange } from "./history.ts";
import type { CurrencyRates, Offer, Snapshot } from "./types.ts";
import { changedUse, less, sumUses, type Use } from "./use.ts";

/**
 * The offers as the providers tell them, less what is reserved here. It is a Snapshot: decisions are made on it.
 * Every change gives a new one and leaves the old one as it was.
 */
export interface Ledger extends Snapshot {
  readonly told: readonly Offer[];
  readonly index: Index;
  readonly version: Version;
  /** By position of the offer in `told`. */
  readonly uses: readonly (Use | undefined)[];
  /** Uses of offers that are not told at present; they come back with their offer. */
  readonly absent: readonly Use[];
}

/** Which of the ledgers on one inventory it is, and its offers: a snapshot with others is none of these ledgers. */
interface Version {
  readonly number: number;
  readonly offers: readonly Offer[];
}

/** Where offers stand in the list, and what changed of them; made once for each inventory. */
export interface Index {
  readonly history: History;
  readonly byId: ReadonlyMap<string, number>;
  readonly byNode: ReadonlyMap<string, readonly number[]>;
}

/** A reservation that asks for more than is there. Nothing was reserved. */
export class CapacityError extends Error {
  override readonly name = "CapacityError";
}

/** A ledger without reservations. */
export function openLedger(snapshot: Snapshot): Ledger {
  const { offers } = snapshot;
  const uses = offers.map(() => undefined);
  const version = { number: FIRST_VERSION, offers };
  return { ...snapshot, told: offers, index: indexOf(offers), version, uses, absent: [] };
}

/** Reserves all of the placements or none. Throws CapacityError where an offer is unknown or has not enough. */
export function reserve(ledger: Ledger, placements: readonly Placement[]): Ledger {
  assertRoom(ledger, placements);
  return record(ledger, placements);
}

/**
 * Takes placements as they are: what was reserved before a restart, even where the providers now tell of less. What is
 * over-reserved shows as nothing free; what stands on an offer that is away waits for it.
 */
export function record(ledger: Ledger, placements: readonly Placement[]): Ledger {
  return change(ledger, placements, 1);
}

/**
 * Gives back what `reserve` took for these placements: then every offer is what it would be had they never been there.
 * Throws RangeError for placements that were not reserved.
 */
export function release(ledger: Ledger, placements: readonly Placement[]): Ledger {
  return change(ledger, placements, -1);
}

/** The same reservations on what the providers tell now. */
export function observe(ledger: Ledger, offers: readonly Offer[], currencyRates: CurrencyRates): Ledger {
  if (isSameList(ledger.told, offers)) {
    const told = offers.filter((offer, position) => offer !== ledger.told[position]);
    return refresh({ ...ledger, told: offers, currencyRates }, new Set(told.map(nodeKey)));
  }
  const held = [...ledger.uses.filter((use) => use !== undefined), ...ledger.absent];
  const { forecast } = ledger;
  const fresh = openLedger({ offers, currencyRates, ...(forecast && { forecast }) });
  const uses = fresh.uses.slice();
  const absent: Use[] = [];
  for (const use of held) {
    const position = fresh.index.byId.get(use.offer);
    if (position === undefined) absent.push(use);
    else uses[position] = use;
  }
  return refresh({ ...fresh, uses, absent }, new Set(held.map(({ node }) => node)));
}

/** The same offers in the same places, whatever is told of them: what was worked out for the others stays true. */
const isSameList = (before: readonly Offer[], after: readonly Offer[]): boolean =>
  before.length === after.length &&
  after.every((offer, position) => {
    const known = before[position];
    return known !== undefined && known.id === offer.id && nodeKey(known) === nodeKey(offer);
  });

function indexOf(offers: readonly Offer[]): Index {
  const byId = new Map<string, number>();
  const byNode = new Map<string, number[]>();
  for (const [position, offer] of offers.entries()) {
    byId.set(offer.id, position);
    const neighbours = byNode.get(nodeKey(offer));
    if (neighbours) neighbours.push(position);
    else byNode.set(nodeKey(offer), [position]);
  }
  return { byId, byNode, history: createHistory() };
}

/** Placements of one decision may share an offer or a node: they are tried one on top of the other. */
function assertRoom(ledger: Ledger, placements: readonly Placement[]): void {
  const own: Sums = new Map();
  const add = (key: string, { units, cpu, memoryGi }: Placement) => {
    const sum = own.get(key) ?? { units: 0, milli: 0, kibi: 0 };
    sum.units += units;
    sum.milli += neededMilli(cpu);
    sum.kibi += neededKi(memoryGi);
    own.set(key, sum);
    return sum;
  };
  for (const placement of placements) {
    const offer = ledger.offers[ledger.index.byId.get(placement.offer) ?? -1];
    if (offer === undefined) throw new CapacityError(`offer ${placement.offer} is not in the pool`);
    const node = add(`node ${nodeKey(offer)}`, placement);
    if (placement.devices !== undefined) requireDevices(offer, placement.devices, own);
    else requireRoom(offer, "GPU units", add(`offer ${offer.id}`, placement).units, offer.free);
    requireRoom(offer, "millicores of CPU", node.milli, availableMilli(offer.cpu));
    requireRoom(offer, "KiB of memory", node.kibi, availableKi(offer.memoryGi));
    if (placement.exclusive && !offer.nodeIdle) {
      throw new CapacityError(
        `node ${offer.node} of ${offer.provider} is not idle, as a dedicated use needs it`,
      );
    }
  }
}

type Sums = Map<string, { units: number; milli: number; kibi: number }>;

function requireDevices(offer: Offer, shares: readonly DeviceShare[], own: Sums): void {
  for (const { device, milli } of shares) {
    const key = `device ${device} of ${offer.id}`;
    const taken = (own.get(key)?.milli ?? 0) + milli;
    own.set(key, { units: 0, milli: taken, kibi: 0 });
    requireRoom(offer, `thousandths of device ${device}`, taken, offer.devices?.[device] ?? 0);
  }
}

function requireRoom(offer: Offer, what: string, needs: number, has: number): void {
  if (needs > has) throw new CapacityError(`offer ${offer.id} has ${has} ${what} free, ${needs} are needed`);
}

function change(ledger: Ledger, placements: readonly Placement[], sign: 1 | -1): Ledger {
  const uses = ledger.uses.slice();
  const absent = new Map(ledger.absent.map((use) => [use.offer, use]));
  const nodes = new Set<string>();
  for (const placement of placements) {
    const position = ledger.index.byId.get(placement.offer);
    nodes.add(nodeKey(placement));
    if (position !== undefined) uses[position] = changedUse(uses[position], placement, sign);
    else {
      const use = changedUse(absent.get(placement.offer), placement, sign);
      if (use) absent.set(placement.offer, use);
      else absent.delete(placement.offer);
    }
  }
  return refresh({ ...ledger, uses, absent: [...absent.values()] }, nodes);
}

/** Works out the offers of these nodes anew from what was told and what is used. */
function refresh(ledger: Ledger, nodes: ReadonlySet<string>): Ledger {
  const offers = ledger.offers.slice();
  const changed: number[] = [];
  for (const node of nodes) {
    const positions = ledger.index.byNode.get(node) ?? [];
    const uses = positions.map((position) => ledger.uses[position]).filter((use) => use !== undefined);
    const away = ledger.absent.filter((use) => use.node === node);
    const total = sumUses([...uses, ...away]);
    for (const position of positions) {
      const told = ledger.told[position];
      if (told) offers[position] = less(told, ledger.uses[position], total);
      changed.push(position);
    }
  }
  const number = noteChange(ledger.index.history, ledger.version.number, changed);
  return { ...ledger, offers, version: { number, offers } };
}
