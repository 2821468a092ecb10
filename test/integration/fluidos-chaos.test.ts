/** What `npm run bench:federation` does at length: many Intents at once, and all that can go wrong, in the order of a seed. */
import { describe, expect, it } from "vitest";
import { CHAOS_CONFIG, type MortalHub, runChaos, watchSales } from "../../bench/federation/chaos.ts";
import { FORMS } from "../../bench/federation/chaos-plan.ts";
import { intentsOf, isDeployed, orphans } from "../../bench/federation/ledger.ts";
import { type FederationSite, startSite } from "../../bench/federation/site.ts";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import { until } from "./hub-harness.ts";
import { intent, startHubOn } from "./intents-harness.ts";
import { mortal } from "./mortal.ts";

/** Bounds are for what hangs. */
const LONG = 600_000;

function startHub({ hub }: FederationSite): MortalHub {
  const life = mortal();
  const running = startHubOn(hub, {}, life.wrap, CHAOS_CONFIG);
  return {
    die: async () => {
      life.die();
      await running.stop();
    },
  };
}

describe("a federation in which everything goes wrong", () => {
  const [v1, head] = FORMS.filter(({ name }) => name.startsWith("fork, Liqo"));
  it.each([
    { form: v1, seed: 1 },
    { form: head, seed: 2 },
  ])("$form.name, seed $seed: all Intents work in the end, nothing is sold twice or left", async ({
    form,
    seed,
  }) => {
    if (form === undefined) throw new Error("no such form");
    const { soldTwice, stuck, orphans: left } = await runChaos({ form, seed, intents: 17, holdMs: 0, startHub });
    expect({ soldTwice, stuck, left }).toEqual({ soldTwice: [], stuck: [], left: [] });
  }, LONG);
});

describe("Intents that come at once", () => {
  it("buy each a Flavor of its own, also the rest of what another has bought, and give all back", async () => {
    const site = await startSite({ sellers: { alpha: "clastix", beta: "clastix" } });
    for (const seller of site.sellers) seller.addNodes(15, 4);
    const sales = watchSales(site);
    const hub = startHub(site);
    try {
      const names = Array.from({ length: 24 }, (_, index) => `n-${index}`);
      for (const [index, name] of names.entries())
        await site.hub.client.create(INTENTS, intent(name, { gpu: { count: 1 + (index % 2) } }));
      await expect
        .poll(async () => (await intentsOf(site)).filter(isDeployed).length, { timeout: LONG, interval: 100 })
        .toBe(names.length);
      expect(site.sellers.reduce((sum, seller) => sum + seller.contracts(), 0)).toBe(names.length);
      for (const name of names) await site.hub.client.delete(INTENTS, { name, namespace: "team-a" });
      await until(async () => (await intentsOf(site)).length).toBe(0);
      expect(orphans(site)).toEqual([]);
      expect(sales.stop()).toEqual([]);
    } finally {
      sales.stop();
      await hub.die();
      await site.close();
    }
  }, LONG);
});
