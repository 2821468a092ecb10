import type * as z from "zod";

/** What a schema allows where a value breaks it, in words that go on from `expected`. */
export function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "too_small":
      return SMALL[issue.origin] ?? `at least ${issue.minimum}`;
    case "too_big":
      return BIG[issue.origin]?.(issue.maximum) ?? `at most ${issue.maximum}`;
    case "invalid_format":
      return issue.pattern === undefined ? issue.format : `text like ${issue.pattern}`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    default:
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const SMALL: Readonly<Record<string, string>> = {
  string: "at least one character",
  array: "at least one entry",
};

const BIG: Readonly<Record<string, (maximum: number | bigint) => string>> = {
  string: (maximum) => `at most ${maximum} characters`,
  array: (maximum) => `at most ${maximum} entries`,
};
