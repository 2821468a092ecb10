import { describe, expect, it } from "vitest";
import { createFilledPlaces, type FilledPlaces } from "../../../src/hub/engines/filled-places.ts";

const PLACE = { provider: "alpha", namespace: "ns" };

const CASES: readonly (readonly [
  string,
  (places: FilledPlaces) => void,
  filled: boolean,
  undone: boolean,
])[] = [
  ["never heard of", () => undefined, false, false],
  ["filled", (places) => places.filled("u", PLACE), true, false],
  [
    "filled, and something of it was taken away",
    (places) => {
      places.filled("u", PLACE);
      places.lost("u", PLACE, true);
    },
    true,
    true,
  ],
  [
    "filled by an earlier process, and something of it was taken away",
    (places) => places.lost("u", PLACE, true),
    false,
    true,
  ],
  [
    "filled again after that",
    (places) => {
      places.lost("u", PLACE, true);
      places.filled("u", PLACE);
    },
    true,
    false,
  ],
  [
    "gone with its namespace, whose objects' ends are heard of late",
    (places) => {
      places.filled("u", PLACE);
      places.lost("u", PLACE, false);
      places.lost("u", PLACE, false);
    },
    false,
    false,
  ],
  [
    "cleaned up",
    (places) => {
      places.filled("u", PLACE);
      places.forget("u", PLACE);
    },
    false,
    false,
  ],
];

describe("a place that was", () => {
  it.each(CASES)("%s", (_, happens, filled, undone) => {
    const places = createFilledPlaces();
    happens(places);
    expect([places.isFilled("u", PLACE), places.isUndone("u", PLACE)]).toEqual([filled, undone]);
    expect(places.isFilled("other", PLACE)).toBe(false);
  });
});
