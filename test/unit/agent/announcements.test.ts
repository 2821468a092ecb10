import { describe, expect, it } from "vitest";
import { announcements, createTeller } from "../../../src/agent/announcements.ts";
import type { EventMessage } from "../../../src/kubernetes/event-recorder.ts";
import type { Problem } from "../../../src/mapping/result.ts";

const problem = (code: Problem["code"], subject: string): Problem => ({
  code,
  subject,
  severity: "warning",
  message: "",
});
const situation = (problems: readonly Problem[], rest = {}) => ({
  result: { annotations: {}, labels: {}, devices: [], problems },
  overridden: [],
  overlayProblems: [],
  ...rest,
});

describe("announcements", () => {
  it("are none when all is well, nor for problems that need nobody", () => {
    expect(announcements(situation([problem("mixed-models", "a")]))).toEqual([]);
  });

  it("join the missing keys into one Event", () => {
    const events = announcements(
      situation([
        problem("missing-required", "a"),
        problem("missing-required", "b"),
        problem("missing-required", "a"),
      ]),
    );
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: "Warning",
      reason: "GPUAnnotationMissing",
      message: expect.stringContaining(": a, b."),
    });
  });

  it("name the key and its owner", () => {
    const overridden = [{ field: "annotations/gpu.fluidos.eu/model", manager: "kubectl-annotate" }];
    expect(announcements(situation([], { overridden }))[0]?.message).toContain(
      "gpu.fluidos.eu/model (kubectl-annotate)",
    );
  });

  it("count what they have no room for", () => {
    const many = Array.from({ length: 11 }, (_, index) => problem("unknown-product", `P${index}`));
    expect(announcements(situation(many))[0]?.message).toContain("P7 and 3 more");
  });
});

describe("a teller", () => {
  it("tells a lasting situation once, and a returning one again", () => {
    const told: string[] = [];
    const tell = createTeller((event) => told.push(event.message));
    const event = (message: string): EventMessage => ({ type: "Warning", reason: "R", message });
    tell([event("a")]);
    tell([event("a"), event("b")]);
    tell([event("b")]);
    tell([event("a")]);
    expect(told).toEqual(["a", "b", "a"]);
  });
});
