import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DEFAULT_WEIGHTS, HALFWAY } from "../../../src/allocation/objective.ts";
import { REASON_CODES } from "../../../src/allocation/reasons.ts";

const page = readFileSync(new URL("../../../docs/allocation.md", import.meta.url), "utf8").replaceAll(
  /\s+/g,
  " ",
);

describe("docs/allocation.md", () => {
  test("names every reason", () => {
    expect(REASON_CODES.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  test("tells the default weights and halfway points", () => {
    const { performance, cost, latency, energy } = DEFAULT_WEIGHTS;
    expect(page).toContain(`performance ${performance}, cost ${cost}, latency ${latency}, energy ${energy}`);
    expect(page).toContain(
      `${HALFWAY.performance} TFLOPS that the work feels, ${HALFWAY.cost.toFixed(2)} EUR`,
    );
    expect(page).toContain(`${HALFWAY.carbon} gCO2e an hour per GPU, ${HALFWAY.latencyMs} ms`);
  });
});
