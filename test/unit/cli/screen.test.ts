import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { table } from "../../../src/cli/output.ts";
import { screenOf } from "../../../src/cli/screen.ts";

describe("a screen", () => {
  it.each([
    ["a terminal", { isTTY: true, columns: 80 }, {}, { width: 80, isColoured: true }],
    [
      "a terminal with NO_COLOR",
      { isTTY: true, columns: 80 },
      { NO_COLOR: "1" },
      { width: 80, isColoured: false },
    ],
    ["a dumb terminal", { isTTY: true, columns: 80 }, { TERM: "dumb" }, { width: 80, isColoured: false }],
    ["a terminal of no width", { isTTY: true, columns: 0 }, {}, { width: undefined, isColoured: true }],
    ["a pipe", { columns: 80 }, {}, { isColoured: false }],
  ])("is that of %s", (_what, stream, env, screen) => {
    expect(screenOf(stream, env)).toEqual(screen);
  });
});

const ROWS = [
  ["NAME", "PHASE", "MODEL", "MESSAGE"],
  ["train", "Running", "nvidia-h100", "2 of 2 tasks run"],
  ["chat", "Failed", "-", "its image cannot be pulled from the registry"],
];

describe("a table", () => {
  it("leaves out what is expendable, in that order, before it cuts the last column", () => {
    const at = (width: number): string =>
      table(ROWS, { screen: { width, isColoured: false }, expendable: ["MODEL", "PHASE"] });
    expect(at(49).split("\n")).toEqual([
      "NAME   PHASE    MODEL        MESSAGE",
      "train  Running  nvidia-h100  2 of 2 tasks run",
      "chat   Failed   -            its image cannot be…",
    ]);
    expect(at(40).split("\n")[2]).toBe("chat   Failed   its image cannot be pul…");
    expect(at(30).split("\n")[2]).toBe("chat   its image cannot be pu…");
  });

  it("colours words of a state, and nothing of what was cut", () => {
    const coloured = table(ROWS, { screen: { width: 80, isColoured: true } });
    expect(coloured).toContain("\u001b[32mRunning\u001b[39m  nvidia-h100");
    expect(coloured).toContain("\u001b[31mFailed\u001b[39m   -");
    expect(table(ROWS, { screen: { width: 10, isColoured: true } })).not.toContain("\u001b[31mF\u001b");
  });

  it("is never wider than the screen, and the same with its colours taken off", () => {
    const cell = fc.constantFrom("Running", "Failed", "-", "a longer cell", "");
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 60 }), (cells, width) => {
        const all = [["A", "B", "C"], ...cells];
        const options = { expendable: ["B", "A"] };
        const plain = table(all, { ...options, screen: { width, isColoured: false } });
        for (const line of plain.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
        const coloured = table(all, { ...options, screen: { width, isColoured: true } });
        expect(stripVTControlCharacters(coloured)).toBe(plain);
      }),
    );
  });
});
