import { describe, expect, it } from "vitest";
import { toldIntent } from "../../../src/cli/client/kube-intent.ts";
import { clip } from "../../../src/cli/output.ts";
import { ageOf, describeIntent, intentsTable, progressLine } from "../../../src/cli/print-intents.ts";

const now = Date.parse("2026-11-25T12:00:00Z");

const running = toldIntent({
  metadata: { name: "train", namespace: "team-a", creationTimestamp: "2026-11-25T08:40:10Z" },
  status: {
    phase: "Running",
    message: "2 of 2 tasks run",
    placement: {
      provider: "lab",
      node: "hgx-1",
      model: "nvidia-h100",
      gpus: 8,
      tasks: [],
    },
    cost: { rate: "19.60 EUR", accrued: "64.93 EUR" },
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "Running",
        message: "2 of 2 tasks run",
        lastTransitionTime: "2026-11-25T08:41:00Z",
      },
    ],
    decision: { considered: 9, alternatives: [{ offer: "aws/p5/nvidia.com/gpu", rate: "31 EUR" }] },
  },
});
const fresh = toldIntent({
  metadata: { name: "fresh", namespace: "team-b", creationTimestamp: "2026-11-25T11:59:30Z" },
});

describe("a table of Intents", () => {
  it("tells phase, place, cost and age, and a dash where nothing is known", () => {
    expect(intentsTable([running, fresh], { now, namespaces: false }).split("\n")).toEqual([
      "NAME   PHASE    MODEL        GPUS  PROVIDER  RATE/H     COST       AGE    MESSAGE",
      "train  Running  nvidia-h100  8     lab       19.60 EUR  64.93 EUR  3h19m  2 of 2 tasks run",
      "fresh  Pending  -            -     -         -          -          30s",
    ]);
  });

  it("fits the terminal, and names namespaces where there are several", () => {
    const screen = { width: 64, isColoured: false };
    expect(intentsTable([running], { now, namespaces: true, screen }).split("\n")).toEqual([
      "NAMESPACE  NAME   PHASE    PROVIDER  AGE    MESSAGE",
      "team-a     train  Running  lab       3h19m  2 of 2 tasks run",
    ]);
    const narrow = { width: 30, isColoured: false };
    expect(intentsTable([running], { now, namespaces: true, screen: narrow }).split("\n")).toEqual([
      "NAMESPACE  NAME   PHASE    ME…",
      "team-a     train  Running  2 …",
    ]);
  });
});

describe("ages", () => {
  it.each([
    ["2026-11-25T11:59:58.600Z", "1s"],
    ["2026-11-25T11:58:01Z", "1m59s"],
    ["2026-11-24T09:30:05Z", "1d2h29m"],
    // A clock that is behind that of the API server.
    ["2026-11-25T12:00:05Z", "0s"],
    [undefined, "-"],
    ["yesterday", "-"],
  ])("since %s: %s", (since, age) => {
    expect(ageOf(since, now)).toBe(age);
  });
});

describe("one Intent", () => {
  it("is told with what is known of it, and nothing else", () => {
    expect(describeIntent(running, now)).toBe(
      [
        "Intent:       team-a/train",
        "Phase:        Running",
        "Message:      2 of 2 tasks run",
        "Age:          3h19m",
        "GPUs:         8x nvidia-h100",
        "Place:        hgx-1 of lab",
        "Rate:         19.60 EUR/hour",
        "Cost so far:  64.93 EUR",
        "",
        "Conditions:",
        "  Ready  True  Running  2 of 2 tasks run",
        "",
        "What else would have done:",
        "  aws/p5/nvidia.com/gpu  -  31 EUR",
      ].join("\n"),
    );
    expect(describeIntent(fresh, now)).toBe(
      ["Intent:  team-b/fresh", "Phase:   Pending", "Age:     30s"].join("\n"),
    );
  });

  it.each([
    ["Provisioning", "Pending ▸ Reserved ▸ [Provisioning] ▸ Running"],
    ["Queued", "Pending ▸ [Queued] ▸ Reserved ▸ Provisioning ▸ Running"],
    ["Completed", "[Completed]"],
    ["Suspended", "[Suspended]"],
  ] as const)("on its way: %s", (phase, line) => {
    expect(progressLine({ phase, message: "" })).toBe(line);
    expect(progressLine({ phase, message: "why" })).toBe(`${line}  why`);
  });

  it.each([
    ["short", 10, "short"],
    ["exactly ten", 11, "exactly ten"],
    ["too long by far", 8, "too lon…"],
  ])("%j in %i columns", (line, width, clipped) => {
    expect(clip(line, width)).toBe(clipped);
  });
});
