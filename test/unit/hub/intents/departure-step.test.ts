import { describe, expect, it } from "vitest";
import {
  type DepartureFacts,
  type DepartureStep,
  departureStep,
} from "../../../../src/hub/intents/departure-step.ts";

const NOW = 1_000_000;
const DAY = 86_400_000;
/** Just deleted, and all of it can be seen. */
const LEAVING: DepartureFacts = {
  isHeld: true,
  leavingSince: NOW,
  places: [],
  isBusy: false,
  isSeen: true,
  isAway: false,
  letGoAfterMs: DAY,
  retryMs: 5000,
  now: NOW,
};
const HERE = { leavingSince: undefined };
const USED = { places: ["namespace ns of Intent team-a/web"] };
const AWAY = { isSeen: false, isAway: true };
const GO: DepartureStep = { do: "let-go", leftovers: [] };
const WAIT: DepartureStep = { do: "wait", afterMs: 5000 };

describe("the finalizer of a Provider", () => {
  it.each<[string, Partial<DepartureFacts>, DepartureStep]>([
    ["is put on", { ...HERE, isHeld: false }, { do: "hold" }],
    ["stays on", HERE, { do: "rest" }],
    ["is not put on one that is being deleted: the API would refuse it", { isHeld: false }, { do: "rest" }],
    ["goes when nothing is there any more", {}, GO],
    ["waits for what Intents have there", USED, WAIT],
    ["waits for what no Intent knows of, and for what is being decided", { isBusy: true }, WAIT],
    ["waits until it can be seen whether something is there", { isSeen: false }, WAIT],
    ["goes at once where nobody answers and nothing is known to be there", AWAY, GO],
    ["waits where nobody answers and something is there", { ...AWAY, ...USED }, WAIT],
    ["waits no longer than it has to", { ...USED, now: NOW + DAY - 10 }, { do: "wait", afterMs: 10 }],
    [
      "goes in the end, and tells",
      { ...AWAY, ...USED, now: NOW + DAY },
      { do: "let-go", leftovers: USED.places },
    ],
    ["is not hurried by a clock that was set back", { ...USED, now: NOW - DAY }, WAIT],
  ])("%s", (_, facts, step) => {
    expect(departureStep({ ...LEAVING, ...facts })).toEqual(step);
  });
});
