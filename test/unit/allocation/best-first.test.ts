import fc from "fast-check";
import { expect, test } from "vitest";
import { createBestFirst } from "../../../src/allocation/best-first.ts";

const LENGTH = 24;
const position = fc.nat(LENGTH - 1);
const stepArb = fc.oneof(
  fc.record({ does: fc.constant("put" as const), position, value: fc.nat(6) }),
  fc.record({ does: fc.constant("remove" as const), position }),
  fc.record({ does: fc.constant("change" as const), by: fc.nat(6) }),
);

test("the first ones are those that sorting gives, whatever was put, moved, removed or changed", () => {
  fc.assert(
    fc.property(fc.array(stepArb, { maxLength: 80 }), fc.nat(LENGTH + 2), (steps, limit) => {
      const values = new Map<number, number>();
      const rankOf = (at: number): number => values.get(at) ?? 0;
      const isBefore = (left: number, right: number): boolean =>
        rankOf(left) === rankOf(right) ? left < right : rankOf(left) < rankOf(right);
      const order = createBestFirst(LENGTH, isBefore);
      const inside = new Set<number>();
      for (const step of steps) {
        if (step.does === "put") {
          values.set(step.position, step.value);
          inside.add(step.position);
          order.put(step.position);
        } else if (step.does === "remove") {
          inside.delete(step.position);
          order.remove(step.position);
        } else order.change((at) => values.set(at, (rankOf(at) * 5 + step.by) % 7));
        const sorted = [...inside].sort((left, right) => (isBefore(left, right) ? -1 : 1));
        expect(order.first(limit)).toEqual(sorted.slice(0, limit));
        expect(order.size()).toBe(inside.size);
      }
    }),
    { numRuns: 200 },
  );
});
