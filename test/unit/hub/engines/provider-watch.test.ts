import { expect, it } from "vitest";
import { createProviderWatch } from "../../../../src/hub/engines/provider-watch.ts";
import type { KubeClient } from "../../../../src/kubernetes/kube-client.ts";
import type { Resource } from "../../../../src/kubernetes/objects.ts";
import { sleep } from "../../../../src/kubernetes/timing.ts";
import { KEYS } from "../../../../src/workload/identity.ts";

it("the watch of a provider tells when all is read, also where the last list has nothing in it", async () => {
  let letPodsCome: () => void = () => undefined;
  const podsCome = new Promise<void>((resolve) => {
    letPodsCome = resolve;
  });
  const deployment = {
    metadata: { name: "d", namespace: "ns", uid: "1", labels: { [KEYS.intentUid]: "intent-1" } },
  };
  const client = {
    list: async function* ({ plural }: Resource) {
      if (plural === "pods") await podsCome;
      yield { items: plural === "deployments" ? [deployment] : [], resourceVersion: "1" };
    },
    // An open watch in which nothing happens but a bookmark at its end.
    watch: async function* (_resource: Resource, _query: object, { signal }: { signal: AbortSignal }) {
      await sleep(60_000, signal);
      yield { type: "BOOKMARK", object: { metadata: { resourceVersion: "1" } } };
    },
  } as unknown as KubeClient;
  const told: string[] = [];
  const ending = new AbortController();
  const watch = createProviderWatch({
    provider: "alpha",
    hub: "hub-1",
    client,
    onChange: (uid) => told.push(`${uid}, ${watch.synced() ? "all" : "not all"} is read`),
    onSynced: () => told.push(`${watch.synced() ? "all" : "not all"} is read`),
    onError: (error) => told.push(String(error)),
  });
  const running = watch.run(ending.signal);
  await expect.poll(() => told).toEqual(["intent-1, not all is read"]);
  letPodsCome();
  await expect.poll(() => told).toEqual(["intent-1, not all is read", "all is read"]);
  ending.abort();
  await running;
});
