/** The hub dies at each of the writes that buy for an Intent: one Flavor is bought in the end, and nothing is left behind. */
import { afterEach, describe, expect, it } from "vitest";
import { deployed, type FederatedHub, objectsIn, startFederatedHub } from "./fluidos-harness.ts";
import { until } from "./hub-harness.ts";
import { intent, madeIn, type RunningHub, workloadsIn } from "./intents-harness.ts";
import { mortal } from "./mortal.ts";

let fed: FederatedHub | undefined;
afterEach(async () => {
  await fed?.close();
});

async function finish(hub: FederatedHub, isDone: () => Promise<boolean>): Promise<void> {
  const running: RunningHub = hub.start();
  await until(isDone).toBe(true);
  await running.stop();
}

const isGone = async (hub: FederatedHub): Promise<boolean> => !(await hub.intents.exists("train"));
const isDeployed = async (hub: FederatedHub): Promise<boolean> =>
  (await hub.intents.condition("train", "Deployed")).startsWith("True");

async function expectNothingLeft(hub: FederatedHub): Promise<void> {
  expect(await objectsIn(hub)).toEqual({});
  expect(await madeIn(hub.hub)).toEqual([]);
}

describe("an Intent that is bought for, and a hub that dies", () => {
  it.each([2, 4, 6, 8, 9, 10, 11, 12, 13, 14, 16])(
    "after write %i: it has one Contract and one workload in the end, and gives both back",
    async (point) => {
      const hub = await startFederatedHub({ alpha: ["4", "5"] });
      fed = hub;
      const life = mortal(point, "after");
      const first = hub.start({ wrap: life.wrap });
      await hub.intents.submit(intent("train"));
      await until(async () => life.isDead() || (await isDeployed(hub))).toBe(true);
      expect(life.isDead()).toBe(true);
      await first.stop();
      await finish(hub, () => isDeployed(hub));
      await deployed(hub, "train");
      expect(await objectsIn(hub)).toMatchObject({
        reservations: [expect.any(String)],
        contracts: [expect.any(String)],
        allocations: [expect.any(String)],
        resourceslices: [expect.any(String)],
      });
      expect(await hub.federation.site("alpha").names("contracts")).toHaveLength(1);
      expect(await workloadsIn(hub.hub)).toHaveLength(1);
      await hub.intents.remove("train");
      await finish(hub, () => isGone(hub));
      await expectNothingLeft(hub);
    },
  );

  it.each([1, 2, 3, 5, 7])("after write %i of the clean-up: nothing is left in the end", async (point) => {
    const hub = await startFederatedHub({ alpha: ["4"] });
    fed = hub;
    const before = hub.start();
    await hub.intents.submit(intent("train"));
    await deployed(hub, "train");
    await before.stop();
    await hub.intents.remove("train");
    const life = mortal(point, "after");
    const first = hub.start({ wrap: life.wrap });
    await until(async () => life.isDead() || (await isGone(hub))).toBe(true);
    expect(life.isDead()).toBe(true);
    await first.stop();
    await finish(hub, () => isGone(hub));
    await expectNothingLeft(hub);
  });
});
