/** What `npm run bench:federation` does at length: all that can go wrong while Intents come, in the order of a seed. */
import { describe, expect, it } from "vitest";
import { CHAOS_CONFIG, type MortalHub, runChaos } from "../../bench/federation/chaos.ts";
import { FORMS } from "../../bench/federation/chaos-plan.ts";
import type { FederationSite } from "../../bench/federation/site.ts";
import { startHubOn } from "./intents-harness.ts";
import { mortal } from "./mortal.ts";

/** Bounds are for what hangs: longer than those within. */
const LONG = 900_000;

/** What is given up for its time alone is given up late, so that a slow machine buys no more than a quick one. */
const CONFIG = {
  ...CHAOS_CONFIG,
  fluidos: { ...CHAOS_CONFIG.fluidos, reservationTimeout: "60s", peeringTimeout: "60s" },
};

function startHub({ hub }: FederationSite): MortalHub {
  const life = mortal();
  const running = startHubOn(hub, {}, life.wrap, CONFIG);
  return {
    die: async () => {
      life.die();
      await running.stop();
    },
  };
}

describe("a federation in which everything goes wrong", () => {
  it(
    "has all Intents work in the end; nothing is sold twice, and nothing is left of any",
    async () => {
      const [form] = FORMS;
      if (form === undefined) throw new Error("no form");
      const { soldTwice, stuck, orphans } = await runChaos({
        form,
        seed: 1,
        intents: 6,
        holdMs: 0,
        startHub,
      });
      expect({ soldTwice, stuck, orphans }).toEqual({ soldTwice: [], stuck: [], orphans: [] });
    },
    LONG,
  );
});
