/** From `kubectl apply` of an Intent on the hub to its objects in the best provider, and back to nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./hub-harness.ts";
import {
  addPodOf,
  endJob,
  type Federation,
  intent,
  intentsOf,
  madeIn,
  makeAvailable,
  type RunningHub,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";

let federation: Federation;
let hub: RunningHub;
let intents: ReturnType<typeof intentsOf>;

beforeAll(async () => {
  federation = await startFederation(["alpha", "beta"]);
  const { alpha, beta } = federation.providers;
  await alpha?.addNode({ name: "dear", annotations: { "cost.fluidos.eu/hourly-rate": "80" } });
  await beta?.addNode({ name: "cheap", annotations: { "cost.fluidos.eu/hourly-rate": "40" } });
  intents = intentsOf(federation.hub);
  hub = federation.start();
}, 60_000);
afterAll(() => federation.close());

const provider = (name: string) => {
  const found = federation.providers[name];
  if (found === undefined) throw new Error(`no provider ${name}`);
  return found;
};
const placeOf = async (name: string) => (await intents.status(name)).placement;
const namespaceOf = async (name: string): Promise<string> => (await placeOf(name))?.namespace ?? "";

describe("an Intent for a service", () => {
  it("goes to the cheapest node that fits, with its objects there and nowhere else", async () => {
    await intents.submit(intent("web"));
    await until(() => intents.condition("web", "Deployed")).toBe("True ObjectsApplied");
    expect(await placeOf("web")).toMatchObject({
      provider: "beta",
      node: "cheap",
      gpus: 1,
      model: "nvidia-h100",
    });
    expect(await madeIn(provider("beta"))).toEqual([await namespaceOf("web")]);
    expect(await madeIn(provider("alpha"))).toEqual([]);
    const [deployment] = await workloadsIn(provider("beta"));
    expect(deployment?.spec?.template?.spec).toMatchObject({
      containers: [{ image: "ghcr.io/acme/work:1", resources: { limits: { "nvidia.com/gpu": "1" } } }],
    });
  });

  it("tells how it was decided and what it costs", async () => {
    const status = await intents.status("web");
    expect(status.decision).toMatchObject({
      considered: 2,
      fitting: 2,
      alternatives: [{ provider: "alpha" }],
    });
    expect(status.cost?.rate).toBe("4.30 EUR");
  });

  it("says why it does not run, in the words of its container", async () => {
    const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
    const containerStatuses = [
      { name: "main", image: "i", imageID: "", ready: false, restartCount: 0, state: { waiting } },
    ];
    await addPodOf(provider("beta"), await namespaceOf("web"), { phase: "Pending", containerStatuses });
    await until(async () => (await intents.status("web")).message).toContain("ImagePullBackOff");
    expect(await intents.condition("web", "Ready")).toBe("False ImagePullBackOff");
  });

  it("is Running when its replicas are available", async () => {
    await makeAvailable(provider("beta"), await namespaceOf("web"));
    await until(() => intents.phase("web")).toBe("Running");
    await until(() => intents.condition("web", "Ready")).toBe("True Available");
  });

  it("keeps its place when its environment is changed, and runs with the new one", async () => {
    await intents.change("web", { workload: { env: ["MODE=fast"] } });
    await until(async () => JSON.stringify(await workloadsIn(provider("beta")))).toContain('"value":"fast"');
    expect((await placeOf("web"))?.node).toBe("cheap");
    expect(await madeIn(provider("beta"))).toEqual([await namespaceOf("web")]);
  });

  it("is created anew when somebody deletes its namespace in the provider", async () => {
    const namespace = await namespaceOf("web");
    await provider("beta").client.raw({ method: "DELETE", path: `/api/v1/namespaces/${namespace}` });
    await until(async () => (await workloadsIn(provider("beta"))).length).toBe(0);
    await until(async () => (await workloadsIn(provider("beta"))).length).toBe(1);
  });

  it("leaves nothing behind when it is deleted", async () => {
    await intents.remove("web");
    await until(() => intents.exists("web")).toBe(false);
    expect(await madeIn(provider("beta"))).toEqual([]);
    expect(hub.log.join("")).toContain('"action":"Released"');
  });
});

describe("an Intent for a batch", () => {
  it("gives its GPUs back when it is done", async () => {
    await intents.submit(intent("job", { type: "Batch", gpu: { count: 8 } }));
    await until(() => intents.condition("job", "Deployed")).toBe("True ObjectsApplied");
    await endJob(provider("beta"), await namespaceOf("job"), "Complete");
    await until(() => intents.phase("job")).toBe("Completed");
    expect(await intents.condition("job", "Reserved")).toBe("False Completed");
    await intents.remove("job");
    await until(() => intents.exists("job")).toBe(false);
  });

  it("goes on in its Job through a change that leaves the Job as it is, and begins anew through another", async () => {
    await intents.submit(intent("long", { type: "Batch" }));
    await until(() => intents.condition("long", "Deployed")).toBe("True ObjectsApplied");
    const jobs = async () =>
      (await workloadsIn(provider("beta"))).map(({ metadata, spec }) => ({
        uid: metadata?.uid,
        retries: (spec as { readonly backoffLimit?: number }).backoffLimit,
      }));
    const [before] = await jobs();
    await intents.change("long", { priority: 7, workload: { batch: { maxRetries: 5 } } });
    await until(jobs).toEqual([{ uid: before?.uid, retries: 5 }]);
    await until(() => intents.condition("long", "Deployed")).toBe("True ObjectsApplied");
    await intents.change("long", { workload: { env: ["MODE=fast"] } });
    await until(async () => (await jobs()).map(({ uid }) => uid !== before?.uid)).toEqual([true]);
    await intents.remove("long");
    await until(() => intents.exists("long")).toBe(false);
  });

  it("has failed when its Job has", async () => {
    await intents.submit(intent("broken", { type: "Batch" }));
    await until(() => intents.condition("broken", "Deployed")).toBe("True ObjectsApplied");
    await endJob(provider("beta"), await namespaceOf("broken"), "Failed");
    await until(() => intents.phase("broken")).toBe("Failed");
    expect(await intents.condition("broken", "Ready")).toBe("False BackoffLimitExceeded");
    await intents.remove("broken");
    await until(() => intents.exists("broken")).toBe(false);
  });
});

describe("an Intent that cannot be honoured", () => {
  it("is told every problem with its path at once", async () => {
    const spec = { constraints: { maxHourlyCost: "0 EUR" }, sla: { backupStrategy: "Checkpoint" } };
    await intents.submit(intent("wrong", { gpu: { model: "nvidia-h1000" }, spec }));
    await until(() => intents.condition("wrong", "Admitted")).toBe("False Invalid");
    const { message } = await intents.status("wrong");
    expect(message).toContain("spec.constraints.maxHourlyCost");
    expect(message).toContain("spec.sla.backupStrategy");
    await intents.remove("wrong");
    await until(() => intents.exists("wrong")).toBe(false);
  });

  it("waits for a Secret that is not there yet, and goes on when it is", async () => {
    await intents.submit(
      intent("secret", { workload: { secrets: [{ name: "hf-token", env: "HF_TOKEN" }] } }),
    );
    await until(() => intents.condition("secret", "Deployed")).toBe("False SecretMissing");
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "hf-token", namespace: "team-a" } };
    await federation.hub.client.raw({
      method: "POST",
      path: "/api/v1/namespaces/team-a/secrets",
      body: { ...secret, data: { "hf-token": "c2VjcmV0" } },
    });
    await until(() => intents.condition("secret", "Deployed")).toBe("True ObjectsApplied");
    await intents.remove("secret");
    await until(() => intents.exists("secret")).toBe(false);
  });
});
