import { describe, expect, it } from "vitest";
import { type Identified, twinsOf } from "../../../../src/hub/providers/twins.ts";

const provider = (
  name: string,
  clusterId: string | undefined,
  parts: Partial<Identified> = {},
): Identified => ({
  name,
  clusterId,
  createdAt: "2026-01-01T00:00:00Z",
  engine: "direct",
  ...parts,
});
const later = { createdAt: "2026-01-02T00:00:00Z" };

describe("Providers of one cluster", () => {
  it.each<[string, readonly Identified[], Record<string, string>]>([
    ["are none where each has its own", [provider("a", "1"), provider("b", "2")], {}],
    ["count once: the oldest", [provider("a", "1", later), provider("b", "1")], { a: "b" }],
    ["of one second count by name", [provider("b", "1"), provider("a", "1")], { b: "a" }],
    [
      "may be many",
      [provider("c", "1"), provider("a", "1", later), provider("b", "1", later)],
      { a: "c", b: "c" },
    ],
    [
      "are not guessed where the cluster does not tell",
      [provider("a", undefined), provider("b", undefined)],
      {},
    ],
    [
      "are two where one of them is the door to others: its own nodes are not in the pool",
      [provider("a", "1"), provider("b", "1", { engine: "fluidos" })],
      {},
    ],
  ])("%s", (_, providers, twins) => {
    expect(Object.fromEntries(twinsOf(providers))).toEqual(twins);
    expect(Object.fromEntries(twinsOf(providers.toReversed()))).toEqual(twins);
  });
});
