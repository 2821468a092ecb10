import { describe, expect, it } from "vitest";
import { type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { requirementFor, type World } from "../../../../src/hub/intents/world.ts";
import { minimal } from "../../../support/intents.ts";

const world = {
  options: {
    resolveModel: (model: string) => ({ known: true, model }),
    currency: "EUR",
    currencyRates: { EUR: 1 },
  },
  context: { now: () => 0 },
} as unknown as World;

const view = (gpu: object, ranOn?: string): IntentView => {
  const metadata = { name: "demo", namespace: "team-a", uid: "u", generation: 1 };
  const status = ranOn === undefined ? {} : { ranOn };
  return viewOf({ ...minimal({}, { resources: { gpu } }), metadata, status }, "EUR");
};

describe("the maker of the GPUs that an Intent asks for", () => {
  it.each<[string, object, string | undefined, string | undefined]>([
    ["is open at first", {}, undefined, undefined],
    ["is that of the GPUs that it ran on", {}, "amd", "amd"],
    ["is what its spec says now", { vendor: "NVIDIA" }, "amd", "nvidia"],
    ["is open where its spec says so", { vendor: "Any" }, "amd", "any"],
    ["follows from the model that it names", { model: "nvidia-h100" }, "amd", undefined],
  ])("%s", (_, gpu, ranOn, vendor) => {
    const read = requirementFor(world, view(gpu, ranOn));
    expect(read.ok && read.requirement.gpu.vendor).toBe(vendor);
  });
});
