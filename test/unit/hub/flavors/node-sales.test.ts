import { describe, expect, test } from "vitest";
import { salesOf } from "../../../../src/hub/flavors/node-sales.ts";
import { seen } from "./seen.ts";

const none = (): boolean => false;
const GPU = "nvidia.com/gpu";
const MIG = "nvidia.com/mig-1g.10gb";

/** Each group in short: `resource managed +leftovers sold covered`. */
const told = (...given: Parameters<typeof salesOf>): readonly string[] =>
  salesOf(...given).map(({ resource, managed, leftovers, isSold, isCovered }) =>
    [
      resource.split("/")[1],
      managed?.name ?? "-",
      ...leftovers.map(({ name }) => `+${name}`),
      ...(isSold ? ["sold"] : []),
      ...(isCovered ? ["covered"] : []),
    ].join(" "),
  );

describe("how things stand with the Flavors of a node", () => {
  test.each([
    ["nobody tells of it", [], ["gpu -"]],
    ["the hub does", [seen({ name: "own", isOurs: true, resource: GPU })], ["gpu -"]],
    ["the fork does", [seen({ name: "a", manager: "fork" })], ["gpu a covered"]],
    ["upstream does", [seen({ name: "a", manager: "upstream" })], ["gpu a covered"]],
    [
      "there is a rest of the hub's own, which has no owner",
      [seen({ name: "own", isOurs: true, resource: GPU }), seen({ name: "rest", resource: GPU })],
      ["gpu - +rest"],
    ],
    [
      "the younger is the rest",
      [
        seen({ name: "a", manager: "fork", createdAt: "2026-01-01T00:00:02Z" }),
        seen({ name: "b", manager: "fork", createdAt: "2026-01-01T00:00:01Z" }),
      ],
      ["gpu b +a covered"],
    ],
    [
      "of two of one second the one that was sold is the first",
      [seen({ name: "a", manager: "fork" }), seen({ name: "b", manager: "fork", offMarket: "sold" })],
      ["gpu b +a covered"],
    ],
  ])("%s", (_, flavors, expected) => expect(told([GPU], flavors, none)).toEqual(expected));

  test("a Flavor of upstream has room for the first device group, the hub publishes the others", () => {
    const flavors = [seen({ name: "a", manager: "upstream" })];
    expect(told([GPU, MIG], flavors, none)).toEqual(["gpu a covered", "mig-1g.10gb -"]);
  });

  test("the fork tells of a node in its own way: the hub adds nothing for other groups", () => {
    const flavors = [seen({ name: "a", manager: "fork" })];
    expect(told([GPU, MIG], flavors, none)).toEqual(["gpu a covered", "mig-1g.10gb - covered"]);
  });

  test("one group that is sold leaves the others for sale", () => {
    const flavors = [
      seen({ name: "own-gpu", isOurs: true, resource: GPU }),
      seen({ name: "own-mig", isOurs: true, resource: MIG }),
    ];
    expect(told([GPU, MIG], flavors, (name) => name === "own-mig")).toEqual(["gpu -", "mig-1g.10gb - sold"]);
  });

  test("what was sold of a group that is gone counts for the first", () => {
    const flavors = [seen({ name: "own-mig", isOurs: true, resource: MIG })];
    expect(told([GPU], flavors, () => true)).toEqual(["gpu - sold"]);
  });

  test("a rest that is sold makes the whole sold", () => {
    const flavors = [
      seen({ name: "a", manager: "fork", offMarket: "sold" }),
      seen({ name: "b", manager: "fork" }),
    ];
    expect(told([GPU], flavors, (name) => name === "b")).toEqual(["gpu a +b sold covered"]);
  });
});
