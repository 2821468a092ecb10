import { describe, expect, it, test } from "vitest";
import * as z from "zod";
import { ApiError } from "../../../../src/hub/api/api-error.ts";
import { pageQuery } from "../../../../src/hub/api/page.ts";
import { readBody, readQuery } from "../../../../src/hub/api/route.ts";

const query = z.object({
  model: z.string().min(1).optional(),
  free: z.enum(["true", "false"]).optional(),
  ...pageQuery,
});
const body = z.strictObject({
  name: z.string().min(1).max(5),
  permissions: z.array(z.enum(["read", "write"])).min(1),
});

/** The problems that a reading ends with, each as `path: reason: message`. */
function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ApiError)
      return (error.details.problems ?? []).map(
        ({ path, reason, message }) => `${path}: ${reason}: ${message}`,
      );
    throw error;
  }
  return [];
}

describe("a query", () => {
  it("is read by its schema", () => {
    expect(readQuery(query, "model=h100&limit=7")).toEqual({ model: "h100", limit: 7 });
    expect(readQuery(query, "")).toEqual({ limit: 100 });
  });

  test.each([
    ["limit=abc", 'limit: invalid: is "abc", expected a number'],
    ["limit=0", 'limit: invalid: is "0", expected at least 1'],
    ["limit=1.5", 'limit: invalid: is "1.5", expected a whole number'],
    ["free=yes", 'free: invalid: is "yes", expected one of true, false'],
    ["model=", 'model: invalid: is "", expected at least one character'],
    ["modle=h100", "modle: unknown: there is no such parameter; did you mean model?"],
    ["x=1", "x: unknown: there is no such parameter; known are model, free, limit, cursor"],
    ["model=a&model=b", "model: invalid: is given more than once"],
  ])("%s is told what is wrong with it in words about what was sent", (text, problem) => {
    expect(problemsOf(() => readQuery(query, text))).toEqual([problem]);
  });
});

describe("a body", () => {
  test.each([
    [{}, ["name: missing: is required", "permissions: missing: is required"]],
    [
      { name: 5, permissions: [] },
      ["name: invalid: is 5, expected text", "permissions: invalid: is [], expected at least one entry"],
    ],
    [
      { name: "too long", permissions: ["raed"] },
      [
        'name: invalid: is "too long", expected at most 5 characters',
        'permissions.0: invalid: is "raed", expected one of read, write',
      ],
    ],
    [
      { name: "a", permissoins: ["read"] },
      [
        "permissions: missing: is required",
        "permissoins: unknown: there is no such field; did you mean permissions?",
      ],
    ],
    ["text", [': invalid: is "text", expected an object']],
  ])("%j is told every problem in the same way", (sent, problems) => {
    expect(problemsOf(() => readBody(body, sent))).toEqual(problems);
  });
});
