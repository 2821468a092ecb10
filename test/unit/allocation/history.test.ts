import { describe, expect, test } from "vitest";
import {
  changesBetween,
  createHistory,
  FIRST_VERSION,
  noteChange,
  UNKNOWN_VERSION,
} from "../../../src/allocation/history.ts";

describe("between two versions", () => {
  const history = createHistory();
  const second = noteChange(history, FIRST_VERSION, [1]);
  const third = noteChange(history, second, [2, 3]);
  const branch = noteChange(history, second, [4]);
  const last = noteChange(history, branch, [5]);

  test.each<[string, number, number, readonly number[]]>([
    ["of the same ledger nothing lies", third, third, []],
    ["what changed on the way", FIRST_VERSION, third, [1, 2, 3]],
    ["the same on the way back", third, FIRST_VERSION, [1, 2, 3]],
    ["of two that come from the same, what changed in both of them", third, last, [2, 3, 4, 5]],
  ])("%s", (_, left, right, positions) => {
    expect([...(changesBetween(history, left, right) ?? [])].sort((one, other) => one - other)).toEqual(
      positions,
    );
  });

  test("nothing is known of what was never up to date", () => {
    expect(changesBetween(history, UNKNOWN_VERSION, last)).toBeUndefined();
    expect(changesBetween(history, UNKNOWN_VERSION, FIRST_VERSION)).toBeUndefined();
  });

  test("what is long ago is forgotten, what is not is known, and no more than so much is kept", () => {
    const long = createHistory();
    let version = FIRST_VERSION;
    const versions = Array.from({ length: 10_000 }, (_, at) => {
      version = noteChange(long, version, [at]);
      return version;
    });
    expect(changesBetween(long, versions[0] ?? 0, version)).toBeUndefined();
    expect(changesBetween(long, FIRST_VERSION, version)).toBeUndefined();
    expect(changesBetween(long, UNKNOWN_VERSION, versions[4095] ?? 0)).toBeUndefined();
    expect(changesBetween(long, versions[9_000] ?? 0, version)).toHaveLength(999);
    expect(long.changes.length).toBeLessThanOrEqual(4096);
  });
});
