/** The clock of the hub's machine is stepped back by an hour while it works: nothing waits for the clock to catch up. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseMoney } from "../../src/units/money.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { addProvider, startCluster, writeKubeconfig } from "./hub-cluster.ts";
import { statusOf, until } from "./hub-harness.ts";
import {
  type Federation,
  intent,
  intentsOf,
  madeIn,
  makeAvailable,
  startFederation,
} from "./intents-harness.ts";

const HOUR_MS = 3_600_000;

let federation: Federation;
let intents: ReturnType<typeof intentsOf>;
let offsetMs = 0;

beforeAll(async () => {
  federation = await startFederation(["alpha"]);
  await federation.providers.alpha?.addNode({ name: "gpu-1" });
  intents = intentsOf(federation.hub);
}, 60_000);
afterAll(() => federation.close());

it("goes on placing, charging, moving and cleaning up", async () => {
  const { alpha } = federation.providers;
  if (alpha === undefined) throw new Error("no provider alpha");
  const far = await startCluster();
  const line = await startTcpProxy(Number(new URL(far.url).port));
  await far.addNode({ name: "far", annotations: { "cost.fluidos.eu/hourly-rate": "1" } });
  await writeKubeconfig(federation.hub, "far", far.kubeconfig.replace(far.url, line.url));
  await addProvider(federation.hub, "far");
  const options = { maxInterruptionMs: 800, costEveryMs: 1000 };
  federation.start(options, undefined, {}, () => Date.now() + offsetMs);

  await until(async () => (await statusOf(federation.hub, "far")).nodes).toBe(1);
  await intents.submit(intent("mover"));
  await until(() => intents.condition("mover", "Deployed")).toBe("True ObjectsApplied");
  const { placement } = await intents.status("mover");
  expect(placement?.provider).toBe("far");
  await makeAvailable(far, placement?.namespace ?? "");
  await until(() => intents.phase("mover")).toBe("Running");
  await intents.submit(intent("all-there-is", { gpu: { count: 8 }, spec: { priority: 1 } }));
  await until(() => intents.condition("all-there-is", "Deployed")).toBe("True ObjectsApplied");
  await intents.submit(intent("waits", { gpu: { count: 8 } }));
  await until(() => intents.phase("waits")).toBe("Queued");
  const charged = async (): Promise<number> =>
    parseMoney((await intents.status("mover")).cost?.accrued ?? "")?.amount ?? 0;
  await until(charged).toBeGreaterThan(0);
  const before = await charged();

  offsetMs = -HOUR_MS;
  await until(charged).toBeGreaterThan(before);
  await intents.remove("all-there-is");
  await until(() => intents.condition("waits", "Deployed")).toBe("True ObjectsApplied");
  await intents.remove("waits");
  line.freezeAll();
  await until(async () => (await intents.status("mover")).placement?.provider).toBe("alpha");
  await until(() => intents.condition("mover", "Deployed")).toBe("True ObjectsApplied");
  line.resume();
  await until(() => madeIn(far)).toEqual([]);
  await until(async () => (await statusOf(federation.hub, "far")).message).toBeUndefined();
  await intents.remove("mover");
  await until(() => intents.exists("mover")).toBe(false);
  await until(() => madeIn(alpha)).toEqual([]);
  await line.close();
  await far.close();
});
