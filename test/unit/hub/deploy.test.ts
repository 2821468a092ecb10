import { describe, expect, it } from "vitest";
import { deployObjects } from "../../../src/hub/engines/deploy.ts";
import { viewOf } from "../../../src/hub/intents/intent-view.ts";
import type { KubeClient } from "../../../src/kubernetes/kube-client.ts";
import { KubeError } from "../../../src/kubernetes/kube-error.ts";
import { minimal } from "../../support/intents.ts";

/** A provider that answers later, and notes what begins and ends. */
function provider(fails?: string) {
  const begun: string[] = [];
  const done = new Set<string>();
  const before = new Map<string, readonly string[]>();
  const client = {
    get: () => Promise.reject(new KubeError("not-found", "there is none")),
    apply: async (_: unknown, { kind = "" }: { kind?: string }) => {
      begun.push(kind);
      before.set(kind, [...done]);
      await new Promise((resolve) => setImmediate(resolve));
      if (kind === fails) throw new KubeError("forbidden", `${kind} is forbidden`);
      done.add(kind);
      return { outcome: "applied", object: {} };
    },
  } as unknown as KubeClient;
  return { client, begun, before };
}

const deploy = (client: KubeClient) => {
  const object = minimal({}, { ports: [{ port: 80, expose: true, domain: "demo.example.com" }] });
  const metadata = { name: "demo", namespace: "team-a", uid: "u", generation: 1 };
  const view = viewOf({ ...object, metadata }, "EUR");
  const tasks = [{ index: 0, provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu", units: 1 }];
  return deployObjects(
    {
      hub: "hub",
      hubClient: client,
      pool: { node: () => undefined },
      tolerations: [],
      workload: {},
      provider: undefined,
      namespaceSeen: undefined,
    },
    {
      client,
      view,
      place: { provider: "alpha", namespace: "ns", tasks },
      suspended: false,
      signal: new AbortController().signal,
    },
  );
};

describe("the objects of an Intent", () => {
  it("are applied in stages: limits and isolation before what runs, what leads to it last", async () => {
    const { client, before } = provider();
    const result = await deploy(client);
    expect(before.get("Namespace")).toEqual([]);
    for (const kind of ["ResourceQuota", "LimitRange", "NetworkPolicy", "Service"])
      expect(before.get(kind)).toEqual(["Namespace"]);
    expect([...(before.get("Deployment") ?? [])].sort()).toEqual(
      ["LimitRange", "Namespace", "NetworkPolicy", "ResourceQuota", "Service"].sort(),
    );
    expect(before.get("Ingress")).toContain("Deployment");
    expect(result).toMatchObject({ ok: true, seen: { phase: "Provisioning", reason: "Starting" } });
  });

  it("do not run where something that limits them could not be applied", async () => {
    const { client, begun } = provider("NetworkPolicy");
    await expect(deploy(client)).rejects.toThrow("NetworkPolicy is forbidden");
    expect(begun).not.toContain("Deployment");
  });
});
