import { expect, test } from "vitest";
import { sumQuantities, timesQuantity } from "../../../src/workload/quantities.ts";

test.each([
  ["1500m", 2, "3"],
  ["8Gi", 1.5, "12Gi"],
  ["1Gi", 0.5, "512Mi"],
  ["7000001", 0.5, "3500001"],
  ["100m", 1.1, "110m"],
  ["1m", 0.5, "1m"],
  ["512Gi", 2, "1Ti"],
  ["70G", 3, "210G"],
])("%s x %d is %s", (text, factor, product) => {
  expect(timesQuantity(text, factor)).toBe(product);
});

test("what is no quantity has no multiple", () => {
  expect(timesQuantity("many", 2)).toBeUndefined();
});

test.each([
  [["1Gi", "512Mi"], "1536Mi"],
  [["500m", "500m"], "1"],
  [[], "0"],
])("the sum of %j is %s", (texts, total) => {
  expect(sumQuantities(texts)).toBe(total);
});
