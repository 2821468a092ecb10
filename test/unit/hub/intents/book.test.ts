import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Placement } from "../../../../src/allocation/decision.ts";
import { openLedger, record } from "../../../../src/allocation/ledger.ts";
import type { Offer } from "../../../../src/allocation/types.ts";
import { createBook } from "../../../../src/hub/intents/book.ts";
import { offersOf } from "../../../../src/hub/inventory/offers.ts";
import { nodeRecord, offerOptions } from "../builders.ts";

const NODES = ["gpu-1", "gpu-2", "gpu-3"];
const offersOn = (names: readonly string[]): readonly Offer[] =>
  names.flatMap((name) => offersOf(nodeRecord({ name }), [], offerOptions()).offers);

const placement = (node: string, units: number): Placement => ({
  offer: `alpha/${node}/nvidia.com/gpu`,
  provider: "alpha",
  node,
  resource: "nvidia.com/gpu",
  tasks: 1,
  units,
  cpu: units * 2,
  memoryGi: units * 8,
  exclusive: false,
});

const step = fc.oneof(
  fc.record({
    uid: fc.constantFrom("a", "b", "c"),
    placements: fc.array(fc.tuple(fc.constantFrom(...NODES), fc.integer({ min: 1, max: 4 })), {
      maxLength: 2,
    }),
  }),
  fc.record({ nodes: fc.subarray(NODES) }),
  fc.constant({ look: true } as const),
);

type Held = ReadonlyMap<string, readonly Placement[]>;
const rates = { EUR: 1 };
const anew = (offers: readonly Offer[], held: Held, without?: string): readonly Offer[] =>
  record(
    openLedger({ offers, currencyRates: rates }),
    [...held].flatMap(([uid, placements]) => (uid === without ? [] : placements)),
  ).offers;

/** A book, and beside it what it should know. */
function bookAndTruth() {
  const held = new Map<string, readonly Placement[]>();
  const told = new Map<string, number>();
  let offers = offersOn(NODES);
  const book = createBook({
    pool: { offers: () => offers },
    reservations: { set: (uid, reservations) => told.set(uid, reservations.length) },
    currencyRates: rates,
  });
  const set = (uid: string, placements: readonly Placement[]): void => {
    held.set(uid, placements);
    book.set(uid, placements);
  };
  return {
    set,
    offer: (names: readonly string[]): void => {
      offers = offersOn(names);
    },
    compare: (): void => {
      expect(book.ledger().offers).toEqual(anew(offers, held));
      expect(book.ledger(new Set(["a"])).offers).toEqual(anew(offers, held, "a"));
      for (const [uid, placements] of held) expect(told.get(uid) ?? 0).toBe(placements.length);
    },
  };
}

describe("the book", () => {
  it("says the same as a ledger that is made anew from all that is held, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { set, offer, compare } = bookAndTruth();
        for (const each of steps) {
          if ("nodes" in each) offer(each.nodes);
          else if ("look" in each) compare();
          else
            set(
              each.uid,
              each.placements.map(([node, units]) => placement(node, units)),
            );
        }
        compare();
      }),
    );
  });
});
