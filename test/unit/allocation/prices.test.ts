import { describe, expect, test } from "vitest";
import { pricedAskers } from "../../../src/allocation/prices.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import { seatInOrder } from "../../../src/allocation/seating.ts";
import { seatingFor } from "../../../src/allocation/seating-for.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer, requirement, snapshot } from "./builders.ts";

/** Of askers who were seated one after the other: where each would go first, at each of the prices that are told. */
function wishesOf(offers: readonly Offer[], all: readonly Requirement[]) {
  const seating = seatingFor(snapshot(...offers), all);
  seatInOrder(seating, [...all.keys()]);
  const before = seating.plans.slice();
  const wishes = pricedAskers(seating).map((askers) => askers.map(({ places }) => places[0]?.offer.id));
  expect(seating.plans).toEqual(before);
  return wishes;
}

describe("prices of room", () => {
  const any = requirement();

  test("are none where nobody is in anybody's way", () => {
    expect(wishesOf([offer("a"), offer("b", { unitRate: 3 })], [any, any])).toEqual([]);
  });

  test("send those elsewhere who lose less by it", () => {
    const near = offer("near", { free: 1, total: 1, unitRate: 1 });
    const far = offer("far", { free: 2, total: 2, unitRate: 3, gpu: { model: "nvidia-t4" } });
    const dear = offer("dear", { unitRate: 9 });
    const picky = requirement({ gpu: { model: "nvidia-a100" } });
    const [best] = wishesOf([near, far, dear], [any, any, picky]);
    expect(best).toEqual(["far", "far", "near"]);
  });

  test("are those of cores and memory too", () => {
    const dear = offer("dear", { unitRate: 3 });
    for (const scarce of [{ cpu: 8 }, { memoryGi: 8 }]) {
      const near = offer("near", { unitRate: 1, ...scarce });
      const heavy = requirement({ cpu: 8, memoryGi: 8 });
      const light = requirement({ cpu: 2, memoryGi: 2 });
      const [best] = wishesOf([near, dear], [heavy, heavy, light, light, light, light]);
      expect(best).toEqual(["dear", "dear", "near", "near", "near", "near"]);
    }
  });

  test("are not found from those who have no place", () => {
    const only = offer("only", { free: 1, total: 1 });
    expect(wishesOf([only], [any, any])).toEqual([]);
  });
});
