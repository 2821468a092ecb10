import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Placement } from "../../../src/allocation/decision.ts";
import {
  CapacityError,
  type Ledger,
  observe,
  openLedger,
  record,
  release,
  reserve,
} from "../../../src/allocation/ledger.ts";
import { offer, RATES, requirement, snapshot } from "./builders.ts";

const first = offer("first", { node: "n" });
const second = offer("second", { node: "n", resource: "nvidia.com/mig-1g.10gb", gpu: { sharing: "mig" } });
const other = offer("other", { node: "m" });
const opened = openLedger(snapshot(first, second, other));

const placement = (parts: Partial<Placement> = {}): Placement => ({
  offer: "first",
  provider: "alpha",
  node: "n",
  resource: "nvidia.com/gpu",
  tasks: 1,
  units: 2,
  cpu: 4,
  memoryGi: 16,
  exclusive: false,
  ...parts,
});

const find = (ledger: Ledger, id: string) => ledger.offers.find((one) => one.id === id);

describe("a reservation", () => {
  const reserved = reserve(opened, [placement()]);

  test("takes units of the offer, and CPU and memory of the whole node, which is then in use", () => {
    expect(find(reserved, "first")).toEqual({ ...first, free: 6, cpu: 60, memoryGi: 496, nodeIdle: false });
    expect(find(reserved, "second")).toEqual({ ...second, free: 8, cpu: 60, memoryGi: 496, nodeIdle: false });
    expect(find(reserved, "other")).toBe(other);
  });

  test("leaves the ledger it started from as it was", () => {
    expect(opened.offers).toEqual([first, second, other]);
  });

  test("of a part of what is sold once leaves nothing of it to others, and comes back whole", () => {
    const sold = offer("sold", { node: "s", soldOnce: true });
    const ledger = openLedger(snapshot(sold, other));
    const part = placement({ offer: "sold", node: "s", units: 1 });
    const held = reserve(ledger, [part]);
    expect(find(held, "sold")?.free).toBe(0);
    expect(find(held, "other")).toEqual(other);
    expect(() => reserve(held, [part])).toThrow(CapacityError);
    expect(find(release(held, [part]), "sold")).toEqual(sold);
  });

  test("that is exclusive leaves nothing free on the node", () => {
    const held = reserve(opened, [placement({ exclusive: true })]);
    expect(["first", "second", "other"].map((id) => find(held, id)?.free)).toEqual([0, 0, 8]);
  });

  test("is given back exactly, in any order", () => {
    const two = reserve(reserved, [placement({ offer: "second", units: 1, cpu: 0.1, memoryGi: 0.3 })]);
    const back = release(two, [placement()]);
    expect(find(back, "first")?.nodeIdle).toBe(false);
    expect(release(back, [placement({ offer: "second", units: 1, cpu: 0.1, memoryGi: 0.3 })]).offers).toEqual(
      opened.offers,
    );
  });

  test("is what the next decision sees", () => {
    const full = reserve(opened, [
      placement({ units: 8 }),
      placement({ offer: "other", node: "m", units: 8 }),
    ]);
    expect(decide(full, requirement()).placed).toBe(false);
    expect(decide(release(full, [placement({ units: 8 })]), requirement()).placed).toBe(true);
  });

  test.each([
    ["more units than are free", [placement({ units: 9 })], /first has 8 GPU units free, 9 are needed/],
    ["more units in two parts", [placement({ units: 5 }), placement({ units: 4 })], /8 GPU units free, 9/],
    [
      "more CPU over two groups of a node",
      [placement({ cpu: 40 }), placement({ offer: "second", cpu: 40 })],
      /second has 64000 millicores of CPU free, 80000/,
    ],
    ["more memory", [placement({ memoryGi: 513 })], /KiB of memory/],
    ["an offer that is not there", [placement({ offer: "gone" })], /offer gone is not in the pool/],
  ])("of %s is refused as a whole", (_, placements, message) => {
    expect(() => reserve(opened, placements)).toThrow(CapacityError);
    expect(() => reserve(opened, placements)).toThrow(message);
  });

  test("of a busy node for dedicated use is refused", () => {
    expect(() => reserve(reserved, [placement({ exclusive: true })])).toThrow(/node n of alpha is not idle/);
  });

  test("that was never made is not released", () => {
    expect(() => release(opened, [placement()])).toThrow(RangeError);
  });
});

describe("a new look at the providers", () => {
  const reserved = reserve(opened, [placement()]);

  test("keeps what is reserved", () => {
    const seen = observe(reserved, [other, { ...first, free: 5, cpu: 30 }], RATES);
    expect(find(seen, "first")).toMatchObject({ free: 3, cpu: 26, nodeIdle: false });
    expect(find(seen, "other")).toBe(other);
  });

  test("waits for an offer that is away", () => {
    const away = observe(reserved, [other], RATES);
    const back = observe(away, [first, second, other], RATES);
    expect(back.offers).toEqual(reserved.offers);
    expect(observe(release(away, [placement()]), [first], RATES).offers).toEqual([first]);
  });

  test("counts the CPU that a group which is away holds on the node", () => {
    expect(find(observe(reserved, [second], RATES), "second")).toMatchObject({ cpu: 60, nodeIdle: false });
  });

  test("shows an over-reserved node as full, not as less than empty", () => {
    const shrunk = observe(reserved, [{ ...first, free: 1, cpu: 1, memoryGi: 1 }], RATES);
    expect(find(shrunk, "first")).toMatchObject({ free: 0, cpu: 0, memoryGi: 0 });
  });

  test("after a restart starts from the recorded placements", () => {
    expect(record(opened, [placement()]).offers).toEqual(reserved.offers);
  });
});
