import { expect, test, vi } from "vitest";
import { remembering } from "../../../src/mapping/remember.ts";

test("asks once, also where there is no answer", () => {
  const ask = vi.fn((text: string) => (text === "a" ? 1 : undefined));
  const remembered = remembering(ask);
  expect(["a", "b", "a", "b"].map(remembered)).toEqual([1, undefined, 1, undefined]);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("tells a number from its text", () => {
  const remembered = remembering((value: string | number) => typeof value);
  expect([1, "1", 1].map(remembered)).toEqual(["number", "string", "number"]);
});

test("keeps no more than so many answers, and no long texts", () => {
  const ask = vi.fn((text: string) => text.length);
  const remembered = remembering(ask, 2);
  for (const text of ["a", "b", "c", "c"]) remembered(text);
  expect(ask).toHaveBeenCalledTimes(3);
  remembered("a");
  expect(ask).toHaveBeenCalledTimes(4);
  for (const text of ["x".repeat(200), "x".repeat(200)]) expect(remembered(text)).toBe(200);
  expect(ask).toHaveBeenCalledTimes(6);
});
