import { expect, it } from "vitest";
import { createContact } from "../../../../src/hub/providers/contact.ts";
import { createProbe } from "../../../../src/hub/providers/probe.ts";
import { KubeError } from "../../../../src/kubernetes/kube-error.ts";

const never = new AbortController().signal;
const refusal = (what: string) =>
  new KubeError("forbidden", `${what} is forbidden: User "u" cannot`, { status: 403 });

/** One look at an API that refuses what is told. */
async function probed(refused: { readonly nodes?: true; readonly namespaces?: true }) {
  const ending = new AbortController();
  const contact = createContact(Date.now, () => undefined);
  const probe = createProbe({
    client: {
      async *list() {
        if (refused.nodes) throw refusal('list nodes: nodes "-"');
        yield { items: [], resourceVersion: "1" };
      },
      get: async () => {
        if (refused.namespaces) throw refusal('namespaces "kube-system"');
        return { metadata: { uid: "u-1" } } as never;
      },
      raw: async () => '{"gitVersion":"v1.30.0"}',
    },
    contact,
    probeMs: 1,
    probeTimeoutMs: 1000,
    silenceMs: 1000,
    now: Date.now,
    random: () => 0,
    sleep: async () => ending.abort(),
  });
  await probe.run(ending.signal);
  return { probe, failure: contact.failure() };
}

it("a probe tells which cluster answers", async () => {
  const { probe, failure } = await probed({});
  expect(failure).toBeUndefined();
  expect(probe.clusterId()).toBe("u-1");
});

it("a probe claims nothing of a cluster that does not let its identity be read, and nothing is wrong with that", async () => {
  const { probe, failure } = await probed({ namespaces: true });
  expect(failure).toBeUndefined();
  expect(probe.clusterId()).toBeNull();
  await probe.identify(never);
  expect(probe.clusterId()).toBeNull();
});

it("a refused probe says what may not be done and what allows it, not how it was asked", async () => {
  const { failure } = await probed({ nodes: true });
  expect(failure).toMatchObject({ code: "forbidden", status: 403 });
  expect(failure?.message).toBe(
    'list nodes: nodes is forbidden: User "u" cannot; kubectl apply -k manifests/provider there gives the hub\'s account what it needs',
  );
});
