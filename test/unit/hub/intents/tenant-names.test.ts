import { describe, expect, it } from "vitest";
import { createTenantNames } from "../../../../src/hub/intents/tenant-names.ts";
import type { KubeClient } from "../../../../src/kubernetes/kube-client.ts";
import { sleep } from "../../../../src/kubernetes/timing.ts";
import { createLogger } from "../../../../src/observability/logger.ts";

const namespace = (name: string, labels: Record<string, string> = {}) => ({
  metadata: { name, labels, resourceVersion: "1" },
});

describe("the tenant of a namespace", () => {
  it.each([
    ["itself", namespace("team-a"), "team-a"],
    ["what the label of the configuration says", namespace("team-a", { "our/tenant": "acme" }), "acme"],
    ["Capsule's", namespace("team-a", { "capsule.clastix.io/tenant": "acme" }), "acme"],
    [
      "Capsule's before any other, which an owner of the namespace may have written",
      namespace("team-a", { "capsule.clastix.io/tenant": "acme", "our/tenant": "globex" }),
      "acme",
    ],
    ["itself where a label is empty", namespace("team-a", { "our/tenant": "" }), "team-a"],
  ])("is %s", async (_, listed, tenant) => {
    const ending = new AbortController();
    const client = {
      async *list() {
        yield { items: [listed], resourceVersion: "1" };
      },
      async *watch() {
        await sleep(60_000, ending.signal);
        yield* [];
      },
    } as unknown as Pick<KubeClient, "list" | "watch">;
    const changed: string[] = [];
    const names = createTenantNames({
      client,
      label: "our/tenant",
      onChange: (name) => changed.push(name),
      log: createLogger({ level: "silent" }),
      now: () => 0,
      random: () => 0,
    });
    const running = names.run(ending.signal);
    await names.listed;
    expect(names.of("team-a")).toBe(tenant);
    expect(changed).toEqual(["team-a"]);
    ending.abort();
    await running;
  });
});
