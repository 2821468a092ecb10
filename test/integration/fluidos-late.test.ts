/** A purchase that nobody waits for any more, and goes through all the same: what was paid for is found. */
import { afterEach, describe, expect, it } from "vitest";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import { EVENTS, type KubeObject } from "../../src/kubernetes/objects.ts";
import { quickTimings } from "../../src/sandbox/federation/timings.ts";
import { type FederatedHub, objectsIn, startFederatedHub } from "./fluidos-harness.ts";
import { statusOf, until } from "./hub-harness.ts";
import { intent, listed, type RunningHub } from "./intents-harness.ts";

let fed: Awaited<ReturnType<typeof startFederatedHub>> | undefined;
afterEach(() => fed?.close());

/** One provider, whose gateway takes so long that the hub may give up while it sells. */
async function slow(
  now?: () => number,
): Promise<{ readonly hub: FederatedHub; readonly running: RunningHub }> {
  fed = await startFederatedHub({ alpha: ["4"] }, { timings: { ...quickTimings, rearMs: 2500 } });
  return { hub: fed, running: fed.start(now && { now }) };
}
const purchaseRuns = async ({ federation: { consumer } }: FederatedHub): Promise<boolean> => {
  const [name = ""] = await consumer.names("reservations");
  return (await consumer.find("reservations", name))?.status?.purchasePhase === "Running";
};
type Event = KubeObject & {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly name?: string; readonly uid?: string };
};

async function expectFound(hub: FederatedHub, running: RunningHub, uid: string | undefined): Promise<void> {
  const { consumer } = hub.federation;
  const [candidate = ""] = await consumer.names("peeringcandidates");
  const annotations = async () => (await consumer.get("peeringcandidates", candidate)).metadata.annotations;
  await until(async () => (await annotations())?.["flare.clastix.io/sold-by"]).toMatch(/^contract-/);
  await until(() => objectsIn(hub)).toEqual({});
  expect(await hub.federation.site("alpha").names("contracts")).toHaveLength(1);
  expect(running.log.join("")).toMatch(/was bought for this Intent after the hub had stopped waiting for it/);
  // It is closed until its provider offers it anew, and the Provider says so.
  await until(async () => (await statusOf(hub.hub, "fed")).message).toContain("sold by contract-");
  expect((await annotations())?.["flare.clastix.io/late-purchase"]).toBeUndefined();
  expect((await annotations())?.["flare.clastix.io/given-back"]).toBeDefined();
  // What FLUIDOS offers as the rest is known by the part that was sold.
  expect((await annotations())?.["flare.clastix.io/sold-part"]).toContain('"gpus":1');
  const told = async () =>
    (await listed<Event>(hub.hub.client, EVENTS, "team-a")).filter(({ reason }) => reason === "BoughtLate");
  await until(async () => (await told()).length).toBe(1);
  const [{ type, message, involvedObject } = {} as Event] = await told();
  expect({ type, involvedObject }).toMatchObject({ type: "Warning", involvedObject: { name: "train", uid } });
  expect(message).toMatch(
    /^Flavor \S+ of \S+ was bought for this Intent after the hub had stopped waiting for it \(contract-\S+\): nothing runs on it/,
  );
}

describe("a Contract that comes late", () => {
  it("after the hub's own time limit is found, given back here and told of", async () => {
    let aheadMs = 0;
    const { hub, running } = await slow(() => Date.now() + aheadMs);
    await hub.intents.submit(intent("train"));
    await until(() => purchaseRuns(hub)).toBe(true);
    aheadMs = 90_000;
    // Its timers know nothing of the clock: it looks again because the Intent has changed.
    const labels = { looked: "again" };
    await hub.hub.client.patch(INTENTS, { name: "train", namespace: "team-a" }, { metadata: { labels } });
    await until(() => running.log.join("")).toContain("CandidateTimeout");
    await expectFound(hub, running, (await hub.intents.read("train")).metadata.uid);
  });

  it("for an Intent that was deleted meanwhile is found likewise", async () => {
    const { hub, running } = await slow();
    await hub.intents.submit(intent("train"));
    await until(() => purchaseRuns(hub)).toBe(true);
    const { uid } = (await hub.intents.read("train")).metadata;
    await hub.intents.remove("train");
    await until(() => hub.intents.exists("train")).toBe(false);
    await expectFound(hub, running, uid);
  });
});
