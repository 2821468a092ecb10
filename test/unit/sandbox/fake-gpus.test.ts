/** Nodes of fake-gpu-operator: every profile of its is a model that we know, said to be simulated. */
import { describe, expect, it } from "vitest";
import { type FakeGpuProfile, fakeGpuNode, fakeGpuProfiles } from "../../../src/sandbox/fake-gpus.ts";
import { startSandbox } from "../../../src/sandbox/sandbox.ts";
import { kubeClientFrom } from "../../support/kube-client.ts";
import { expectMapped } from "../mapping/trap.ts";

/** With the memory that the model really has: what the profiles say is rounder. */
const models: Readonly<Record<FakeGpuProfile, { readonly model: string; readonly memoryGi: number }>> = {
  a100: { model: "nvidia-a100", memoryGi: 40 },
  b200: { model: "nvidia-b200", memoryGi: 180 },
  gb200: { model: "nvidia-gb200", memoryGi: 186 },
  gb300: { model: "nvidia-gb300", memoryGi: 288 },
  h100: { model: "nvidia-h100", memoryGi: 80 },
  l40s: { model: "nvidia-l40s", memoryGi: 48 },
  t4: { model: "nvidia-t4", memoryGi: 16 },
};

const profiles = Object.keys(fakeGpuProfiles) as FakeGpuProfile[];

describe.each(profiles)("the profile %s", (profile) => {
  it.each([false, true])("is read as its model, with MIG faked: %s", (mig) => {
    const { metadata, status } = fakeGpuNode({ name: "fake", profile, count: 4, mig });
    expectMapped({
      node: { labels: metadata.labels, annotations: metadata.annotations, allocatable: status.allocatable },
      devices: [{ ...models[profile], count: 4 }],
      problems: ["simulated"],
    });
  });
});

describe("a node of a profile", () => {
  it("is taken by the API as it is", async () => {
    const sandbox = await startSandbox();
    const admin = kubeClientFrom(sandbox.adminKubeconfig);
    const node = fakeGpuNode({ name: "fake", profile: "t4", count: 2, pool: "small" });
    await admin.create("/api/v1/nodes", node);
    expect((await admin.get("/api/v1/nodes/fake")).body).toMatchObject({
      metadata: { labels: node.metadata.labels },
      status: { allocatable: { "nvidia.com/gpu": "2" } },
    });
    admin.close();
    await sandbox.close();
  });
});
