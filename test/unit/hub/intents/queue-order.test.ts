import { describe, expect, it } from "vitest";
import { inTurn } from "../../../../src/hub/intents/queue-order.ts";

const one = (key: string, tenant: string, priority: number, since: number, gpus = 1) => ({
  key,
  tenant,
  priority,
  since,
  gpus,
});
const order = (waiting: ReturnType<typeof one>[], held: Record<string, number> = {}): string =>
  [...inTurn(waiting, new Map(Object.entries(held)))].map(({ key }) => key).join(" ");

describe("the turn in the queue", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["goes by age within a tenant", order([one("b", "x", 0, 2), one("a", "x", 0, 1)]), "a b"],
    [
      "goes to the higher priority first, whatever its age",
      order([one("a", "x", 0, 1), one("b", "x", 5, 2)]),
      "b a",
    ],
    [
      "goes to the tenant that holds less",
      order([one("a", "x", 0, 1), one("b", "y", 0, 2)], { x: 4, y: 1 }),
      "b a",
    ],
    [
      "alternates between tenants that ask much at once",
      order([one("x1", "x", 0, 1), one("x2", "x", 0, 2), one("y1", "y", 0, 3), one("y2", "y", 0, 4)]),
      "x1 y1 x2 y2",
    ],
    [
      "counts what each one gets",
      order([one("x1", "x", 0, 1, 8), one("y1", "y", 0, 2), one("y2", "y", 0, 3), one("x2", "x", 0, 4)]),
      "x1 y1 y2 x2",
    ],
    ["is the same for equals by their name", order([one("b", "x", 0, 1), one("a", "x", 0, 1)]), "a b"],
    [
      "puts no tenant's share above a priority",
      order([one("a", "x", 1, 9), one("b", "y", 0, 1)], { x: 99 }),
      "a b",
    ],
  ];
  it.each(cases)("%s", (_, got, expected) => {
    expect(got).toBe(expected);
  });

  it("charges a tenant nothing for an Intent that found no place", () => {
    const turns = inTurn([one("x1", "x", 0, 1, 8), one("x2", "x", 0, 2), one("y1", "y", 0, 3)], new Map());
    expect(turns.next().value?.key).toBe("x1");
    expect(turns.next(false).value?.key).toBe("x2");
  });
});
