import { describe, expect, it } from "vitest";
import type { GpuRequirement, Negotiation, Requirement } from "../../../../src/allocation/requirement.ts";
import { stillFits } from "../../../../src/hub/intents/still-fits.ts";
import type { IntentStatus } from "../../../../src/intent/status-schema.ts";
import { offer, requirement, snapshot } from "../../allocation/builders.ts";

/** Who asked for an A100 and, as none was free, took the H100 or the share that is named. */
const having = (node: string, relaxed?: string): Pick<IntentStatus, "placement" | "decision"> => ({
  placement: {
    provider: "alpha",
    node,
    gpus: 1,
    rate: "2 EUR",
    tasks: [{ index: 0, provider: "alpha", node, resource: "nvidia.com/gpu", units: 1 }],
  },
  decision: { considered: 3, ...(relaxed === undefined ? {} : { relaxed: [relaxed] }) },
});
const at = (node: string) => `alpha/${node}/nvidia.com/gpu`;
const POOL = snapshot(
  offer(at("a100"), { node: "a100", free: 0 }),
  offer(at("h100"), { node: "h100", gpu: { model: "nvidia-h100", fp32Tflops: 60 } }),
  offer(at("l40"), { node: "l40", gpu: { model: "nvidia-l40", memoryGi: 44, fp32Tflops: 60 } }),
  offer(at("spot"), { node: "spot", interruptible: true }),
);
const BOTH: Negotiation = {
  fallbacks: ["lower-tier", "spot", "queue"],
  priceFlexibility: 0.15,
  resourceFlexibility: 0.5,
  autoAcceptThreshold: 0.05,
};
interface Change {
  readonly gpu?: Partial<GpuRequirement>;
  readonly negotiation?: Partial<Negotiation>;
  readonly spec?: Partial<Requirement>;
}
const changed = ({ gpu = {}, negotiation = {}, spec = {} }: Change = {}): Requirement =>
  requirement({
    gpu: { model: "nvidia-a100", count: 1, ...gpu },
    negotiation: { ...BOTH, ...negotiation },
    ...spec,
  });

describe("an Intent whose spec was changed", () => {
  it.each<[string, Pick<IntentStatus, "placement" | "decision">, Change, boolean]>([
    ["keeps a place that is what it asks", having("a100"), {}, true],
    ["leaves a place that it would not be given", having("h100"), {}, false],
    ["keeps what it took instead of what it asked", having("h100", "lower-tier"), {}, true],
    ["keeps it with another priority", having("h100", "lower-tier"), { spec: { priority: 7 } }, true],
    ["keeps a spot node that it took", having("spot", "spot"), {}, true],
    [
      "leaves it where it would give up nothing any more",
      having("h100", "lower-tier"),
      { negotiation: { fallbacks: ["queue"] } },
      false,
    ],
    [
      "leaves it where it would give up something else",
      having("spot", "spot"),
      { negotiation: { fallbacks: ["lower-tier", "queue"] } },
      false,
    ],
    [
      "leaves it where it asks more than the place has",
      having("h100", "lower-tier"),
      { gpu: { memoryGiMin: 200 } },
      false,
    ],
    ["leaves it where it asks for more GPUs", having("h100", "lower-tier"), { gpu: { count: 2 } }, false],
    ["leaves what it would have to be asked for", having("l40", "lower-tier"), {}, false],
    [
      "keeps it where it agrees to so much",
      having("l40", "lower-tier"),
      { negotiation: { autoAcceptThreshold: 0.5 } },
      true,
    ],
    [
      "leaves it where it has become too dear",
      having("h100", "lower-tier"),
      { spec: { constraints: { maxHourly: { amount: 1, currency: "EUR" } } } },
      false,
    ],
    [
      "keeps it where it is dearer by no more than it bears",
      having("h100", "lower-tier"),
      { spec: { constraints: { maxHourly: { amount: 1.95, currency: "EUR" } } } },
      true,
    ],
  ])("%s", (_, status, change, expected) => {
    expect(stillFits(status, changed(change), POOL)).toBe(expected);
  });
});
