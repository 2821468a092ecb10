/** A Provider that is deleted while Intents run there: they move, nothing of them stays, and then it goes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FINALIZER, INTENTS } from "../../src/hub/intents/intent-view.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { SECRETS } from "../../src/hub/providers/secret-source.ts";
import { EVENTS, type KubeObject } from "../../src/kubernetes/objects.ts";
import { addProvider, conditionsOf, until, writeKubeconfig } from "./hub-harness.ts";
import {
  endJob,
  type Federation,
  intent,
  intentsOf,
  listed,
  madeIn,
  type RunningHub,
  startFederation,
} from "./intents-harness.ts";

let federation: Federation;
let hub: RunningHub | undefined;
let intents: ReturnType<typeof intentsOf>;

beforeAll(async () => {
  federation = await startFederation(["alpha", "beta"]);
  await cluster("alpha").addNode({ name: "dear", annotations: { "cost.fluidos.eu/hourly-rate": "80" } });
  await cluster("beta").addNode({ name: "cheap", annotations: { "cost.fluidos.eu/hourly-rate": "40" } });
  intents = intentsOf(federation.hub);
}, 60_000);
afterEach(async () => {
  for (const { metadata } of await listed(federation.hub.client, INTENTS)) {
    await intents.remove(metadata?.name ?? "");
    await until(() => intents.exists(metadata?.name ?? "")).toBe(false);
  }
  await hub?.stop();
  if (!(await exists("beta"))) await addProvider(federation.hub, "beta");
});
afterAll(() => federation.close());

const cluster = (name: string) => {
  const found = federation.providers[name];
  if (found === undefined) throw new Error(`no provider ${name}`);
  return found;
};
const remove = (name: string) => federation.hub.client.delete(PROVIDERS, { name });
const all = () => listed<Finalized>(federation.hub.client, PROVIDERS);
const exists = async (name: string) => (await all()).some(({ metadata }) => metadata?.name === name);
const isHeld = async (name: string) =>
  (await all()).some(
    ({ metadata }) => metadata?.name === name && metadata.finalizers?.includes(FINALIZER) === true,
  );
const providerOf = async (name: string) => (await intents.status(name)).placement?.provider;
const eventsOf = async (name: string) =>
  (await listed<Told>(federation.hub.client, EVENTS, "default"))
    .filter(({ involvedObject }) => involvedObject?.kind === "Provider" && involvedObject.name === name)
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

type Finalized = KubeObject & { readonly metadata?: { readonly finalizers?: readonly string[] } };
interface Told extends KubeObject {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
}

describe("a Provider that is deleted", () => {
  it("goes once what ran there runs elsewhere and nothing of it is left, the ended included", async () => {
    hub = federation.start();
    await until(() => isHeld("beta")).toBe(true);
    await intents.submit(intent("web"));
    await intents.submit(intent("done", { type: "Batch" }));
    for (const name of ["web", "done"]) {
      await until(() => intents.condition(name, "Deployed")).toBe("True ObjectsApplied");
      expect(await providerOf(name)).toBe("beta");
    }
    await endJob(cluster("beta"), (await intents.status("done")).placement?.namespace ?? "", "Complete");
    await until(() => intents.phase("done")).toBe("Completed");

    await remove("beta");
    await until(() => exists("beta")).toBe(false);
    expect(await madeIn(cluster("beta"))).toEqual([]);
    await until(() => intents.condition("web", "Deployed")).toBe("True ObjectsApplied");
    expect(await providerOf("web")).toBe("alpha");
    expect((await intents.status("web")).abandoned).toBeUndefined();
    expect(await intents.phase("done")).toBe("Completed");
  });

  it("while no hub runs waits for one, which carries it on", async () => {
    hub = federation.start();
    await until(() => isHeld("beta")).toBe(true);
    await intents.submit(intent("web"));
    await until(() => intents.condition("web", "Deployed")).toBe("True ObjectsApplied");
    await hub.stop();
    await remove("beta");
    expect(await exists("beta")).toBe(true);
    hub = federation.start();
    await until(() => exists("beta")).toBe(false);
    expect(await madeIn(cluster("beta"))).toEqual([]);
    await until(() => providerOf("web")).toBe("alpha");
  });

  it("of which nothing is known to be there goes at once, though nobody answers for it", async () => {
    hub = federation.start();
    await addProvider(federation.hub, "typo");
    await until(() => isHeld("typo")).toBe(true);
    await until(() => conditionsOf(federation.hub, "typo")).toContain("Reachable=False SecretNotFound");
    await remove("typo");
    await until(() => exists("typo")).toBe(false);
  });

  it("that stays out of reach is let go in the end, and an Event says what was left there", async () => {
    hub = federation.start({ letGoAfterMs: 3000 });
    await until(() => isHeld("beta")).toBe(true);
    await intents.submit(intent("web"));
    await until(() => intents.condition("web", "Deployed")).toBe("True ObjectsApplied");
    const [namespace] = await madeIn(cluster("beta"));
    await federation.hub.client.delete(SECRETS, { name: "beta-kubeconfig", namespace: "flare-system" });
    await until(() => conditionsOf(federation.hub, "beta")).toContain("Reachable=False SecretNotFound");
    await remove("beta");
    await until(() => providerOf("web")).toBe("alpha");
    await until(() => conditionsOf(federation.hub, "beta")).toContain("Closed=True Leaving");
    await until(() => exists("beta")).toBe(false);
    await until(async () => (await eventsOf("beta")).join("\n")).toContain(
      `Warning LeftBehind: removed without cleaning up namespace ${namespace} of Intent team-a/web`,
    );
    await writeKubeconfig(federation.hub, "beta", cluster("beta").kubeconfig);
    await addProvider(federation.hub, "beta");
    await until(() => madeIn(cluster("beta"))).toEqual([]);
  });
});
