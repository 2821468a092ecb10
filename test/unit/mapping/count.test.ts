import { describe, expect, test } from "vitest";
import { type Count, type CountInput, settleCount } from "../../../src/mapping/count.ts";

const told = (parts: Partial<CountInput>): CountInput => ({
  slots: undefined,
  count: undefined,
  replicas: undefined,
  shared: false,
  seen: undefined,
  ...parts,
});

describe("how many devices there are, and how many pods share one", () => {
  test.each<[string, Partial<CountInput>, Partial<Count> | undefined]>([
    [
      "labels and allocatable agree",
      { slots: 8, count: 8, replicas: 1 },
      { count: 8, replicas: 1, inferred: false },
    ],
    [
      "they agree about sharing",
      { slots: 8, count: 2, replicas: 4, shared: true },
      { count: 2, replicas: 4 },
    ],
    ["allocatable alone", { slots: 4 }, { count: 4, replicas: 1 }],
    ["allocatable and replicas", { slots: 8, replicas: 4, shared: true }, { count: 2, replicas: 4 }],
    [
      "allocatable, shared by nobody knows how many",
      { slots: 8, shared: true },
      { count: 1, replicas: 8, inferred: true },
    ],
    ["labels alone", { count: 2, replicas: 1 }, { count: 2, replicas: 1, inferred: false }],
    ["nothing at all: one is assumed", {}, { count: 1, replicas: 1, inferred: true }],
    ["nothing allocatable", { slots: 0, count: 8 }, undefined],
    ["labels of none", { count: 0 }, undefined],
    ["labels of none, but some are allocatable", { slots: 2, count: 0 }, { count: 2 }],
    ["replicas of 0 (a MIG card)", { slots: 1, count: 1, replicas: 0 }, { count: 1, replicas: 1 }],
    ["fewer than labels say", { slots: 7, count: 8, replicas: 1 }, { count: 7 }],
    [
      "fewer than one GPU's shares",
      { slots: 3, count: 1, replicas: 10, shared: true },
      { count: 1, replicas: 3 },
    ],
    [
      "shared, by how many is concluded",
      { slots: 9, count: 2, shared: true },
      { count: 2, replicas: 4, inferred: true },
    ],
    ["more than labels say", { slots: 3, count: 1 }, { count: 1, replicas: 1, unknown: 0 }],
    ["more, and the hardware has as many", { slots: 3, count: 1, seen: 3 }, { count: 1, unknown: 2 }],
    [
      "more, and the hardware has one",
      { slots: 10, count: 1, seen: 1 },
      { count: 1, replicas: 10, hiddenSharing: true },
    ],
  ])("%s", (_name, input, expected) => {
    const settled = settleCount(told(input));
    if (expected === undefined) expect(settled).toBeUndefined();
    else expect(settled).toMatchObject(expected);
  });
});
