import { describe, expect, test } from "vitest";
import { emptied, type Step, stepsFor } from "../../../../src/hub/flavors/managed-steps.ts";
import { flavorOf } from "../../../../src/hub/flavors/node-flavors.ts";
import type { GroupSales } from "../../../../src/hub/flavors/node-sales.ts";
import { MARKS, type SeenFlavor } from "../../../../src/hub/flavors/seen-flavor.ts";
import { offersOf } from "../../../../src/hub/inventory/offers.ts";
import { nodeRecord, offerOptions } from "../builders.ts";
import { seen } from "./seen.ts";

const node = nodeRecord();
const [offer] = offersOf(node, [], offerOptions()).offers;
const owner = { domain: "fluidos.eu", nodeID: "alpha", ip: "172.18.0.4:30001" };
const flavor = flavorOf("a", offer as NonNullable<typeof offer>, node, { namespace: "fluidos", owner });
const { characteristics, properties } = flavor.spec.flavorType.typeData;
const price = { amount: "80", currency: "USD", period: "hourly" };
/** An upstream Flavor that the hub has filled. */
const filled = {
  name: "a",
  manager: "upstream",
  resource: "nvidia.com/gpu",
  gpu: { ...characteristics.gpu },
  additional: properties.additionalProperties ?? {},
  price,
  markedPrice: "80 USD",
} as const;
const fork = {
  name: "a",
  manager: "fork",
  gpu: { ...filled.gpu, zone: "eu-west-1" },
  price,
  markedPrice: "80 USD",
} as const;

const sales = (managed: SeenFlavor | undefined, parts: Partial<GroupSales> = {}): GroupSales => ({
  resource: "nvidia.com/gpu",
  managed,
  leftovers: [],
  names: [],
  isSold: false,
  isCovered: true,
  ...parts,
});
const free = { flavor, isFree: true };
const told = (steps: readonly Step[]): readonly unknown[] =>
  steps.map((step) => [step.kind, step.flavor.name, ...(step.kind === "patch" ? [step.patch] : [])]);
const patch = (spec: object, annotations: object = {}) => [
  "patch",
  "a",
  { metadata: { resourceVersion: "7", annotations }, spec },
];
const rest = seen({ name: "rest", manager: "fork" });

describe("a Flavor that FLUIDOS made", () => {
  test.each<[string, GroupSales, readonly unknown[]]>([
    ["of the fork, with all it needs, is left alone", sales(seen(fork)), []],
    ["of upstream, filled and current, is left alone", sales(seen(filled)), []],
    [
      "without a price gets it",
      sales(seen({ ...fork, price: { amount: "", currency: "", period: "" }, markedPrice: undefined })),
      [patch({ price }, { [MARKS.price]: "80 USD" })],
    ],
    [
      "with an old price of the hub's gets the new one",
      sales(seen({ ...fork, price: { ...price, amount: "64" }, markedPrice: "64 USD" })),
      [patch({ price }, { [MARKS.price]: "80 USD" })],
    ],
    [
      "with a price that somebody wrote keeps it",
      sales(seen({ ...fork, price: { ...price, amount: "99" } })),
      [],
    ],
    [
      "that is sold, and taken off by FLUIDOS, is marked to come back",
      sales(seen({ ...fork, isAvailable: false }), { isSold: true }),
      [patch({}, { [MARKS.offMarket]: "sold" })],
    ],
    [
      "that is sold and marked is left alone",
      sales(seen({ ...fork, isAvailable: false, offMarket: "sold" }), { isSold: true }),
      [],
    ],
    [
      "comes back when it is released",
      sales(seen({ ...fork, isAvailable: false, offMarket: "sold" })),
      [patch({ availability: true }, { [MARKS.offMarket]: null })],
    ],
    ["that somebody else took off stays off", sales(seen({ ...fork, isAvailable: false })), []],
    [
      "comes back where a rest says that it was sold before there was a hub, and the rest goes",
      sales(seen({ ...fork, isAvailable: false }), { leftovers: [rest] }),
      [patch({ availability: true }, { [MARKS.offMarket]: null }), ["remove", "rest"]],
    ],
  ])("%s", (_, group, expected) => expect(told(stepsFor(group, free))).toEqual(expected));

  test("of upstream gets the GPUs, without what was there before", () => {
    const old = seen({
      name: "a",
      manager: "upstream",
      gpu: { model: "", memory: "0", cores: "0", tier: "old", x: 1 },
    });
    expect(stepsFor(sales(old), free)).toMatchObject([
      {
        patch: {
          spec: {
            flavorType: {
              typeData: {
                characteristics: { gpu: { x: null, model: "nvidia-h100", count: 8, tier: "premium" } },
                properties: { additionalProperties: { resource: "nvidia.com/gpu", total: "8", free: "8" } },
              },
            },
          },
        },
      },
    ]);
  });

  test("of which nothing is free is taken off, to come back; not where somebody else took it off", () => {
    const used = { flavor, isFree: false };
    expect(told(stepsFor(sales(seen(fork)), used))).toEqual([
      patch({ availability: false }, { [MARKS.offMarket]: "in-use" }),
    ]);
    expect(stepsFor(sales(seen({ ...fork, isAvailable: false })), used)).toEqual([]);
  });

  test("the rest of which has all GPUs again: off the market while any of it is sold", () => {
    const group = sales(seen({ ...fork, isAvailable: false, offMarket: "sold" }), {
      isSold: true,
      leftovers: [rest],
    });
    expect(told(stepsFor(group, free))).toEqual([
      [
        "patch",
        "rest",
        { metadata: { resourceVersion: "7", annotations: {} }, spec: { availability: false } },
      ],
    ]);
  });

  test("asks for care only where it is put on the market", () => {
    const [back] = stepsFor(sales(seen({ ...fork, isAvailable: false, offMarket: "sold" })), free);
    const [off] = stepsFor(sales(seen(fork), { isSold: true }), free);
    expect([back, off]).toMatchObject([{ offers: true }, { offers: false }]);
  });
});

describe("a Flavor of a node that has no GPUs any more", () => {
  test("of upstream loses what the hub told, and nothing of anybody else's", () => {
    const additional = { ...filled.additional, note: "theirs" };
    const [step] = emptied(seen({ ...filled, additional }));
    expect(step).toMatchObject({
      patch: {
        spec: {
          price: { amount: "" },
          flavorType: { typeData: { characteristics: { gpu: { model: "", tier: null } } } },
        },
      },
    });
    expect(JSON.stringify(step)).toContain('"free":null');
    expect(JSON.stringify((step as { patch: object }).patch)).not.toContain("note");
  });

  test.each([
    ["upstream's own", seen({ name: "a", manager: "upstream" })],
    ["the fork's", seen({ ...fork, resource: "nvidia.com/gpu" })],
  ])("of %s is left alone", (_, one) => expect(emptied(one)).toEqual([]));
});
