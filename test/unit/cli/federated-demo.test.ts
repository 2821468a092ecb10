import { existsSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { isInOrder } from "../../../src/cli/federated-demo/giving-back.ts";
import { runFederatedDemo } from "../../../src/cli/federated-demo/run.ts";
import type { FederatedStory } from "../../../src/cli/federated-demo/story.ts";
import * as kinds from "../../../src/fluidos/kinds.ts";
import { createClient } from "../../../src/kubernetes/client.ts";
import type { Resource } from "../../../src/kubernetes/objects.ts";

interface Seen {
  readonly story: FederatedStory;
  readonly told: string;
  /** The kubeconfig that it gave out. */
  readonly file: string;
}

/** Runs the demo until it invites the reader, lets him look around, and ends it. */
async function whileItRuns(look: (seen: Seen) => Promise<void>): Promise<boolean> {
  const stopper = new AbortController();
  const printed: string[] = [];
  const told: string[] = [];
  let invite: (file: string) => void = () => {};
  const invited = new Promise<string>((resolve) => {
    invite = resolve;
  });
  const ended = runFederatedDemo(
    { output: "json" },
    {
      signal: stopper.signal,
      print: (text) => printed.push(text),
      progress: (text) => {
        told.push(text);
        const [, file] = /KUBECONFIG=(\S+)/.exec(text) ?? [];
        if (file !== undefined) invite(file);
      },
    },
  );
  try {
    const file = await Promise.race([invited, ended.then(() => "")]);
    await look({ story: JSON.parse(printed.join("")), told: told.join("\n"), file });
    return true;
  } finally {
    stopper.abort();
    await ended;
  }
}

async function count(kubeconfig: string, context: string, resource: Resource): Promise<number> {
  const client = createClient({ kubeconfig, context });
  let found = 0;
  for await (const page of client.list(resource)) found += page.items.length;
  client.close();
  return found;
}

describe("the demo with a federation", { timeout: 180_000 }, () => {
  test("buys, is refused, uses what is at hand, gives all back, buys again, and shows its objects to kubectl", async () => {
    let given = "";
    await whileItRuns(async ({ story, told, file }) => {
      given = file;
      expect(story.failed).toEqual([]);
      expect(story.offers.map(({ seller, by, free, rate }) => [seller, by, free, rate])).toEqual([
        ["lab", "kubeconfig", 2, 0.9],
        ["beta", "FLUIDOS", 4, 2.1],
        ["alpha", "FLUIDOS", 4, 2.4],
        ["alpha", "FLUIDOS", 4, 2.6],
      ]);
      // Upstream makes no Flavor of beta's node: that one is the provider hub's.
      expect(story.offers[1]?.name).toMatch(/^flare-beta-/);
      expect(story.objects.map(({ kind, cluster, state }) => `${cluster} ${kind}: ${state}`)).toEqual([
        "hub Reservation: Solved",
        expect.stringContaining("hub Transaction"),
        "hub Contract: 4 GPUs of beta",
        "hub Allocation: Active",
        "hub ResourceSlice: Accepted, nvidia.com/gpu: 4",
        "hub VirtualNode: kubelet Running",
        "hub Node: Ready, nvidia.com/gpu: 4",
        "hub NamespaceOffloading: Ready",
        expect.stringMatching(/^hub Pod: Running on contract-flare-beta-/),
        "beta Pod: Running on beta-1",
      ]);
      expect(story.refused).toEqual([expect.stringContaining("could not be bought")]);
      const [, , first, second] = story.offers;
      expect(told).toContain(`CandidateRefused  ${first?.name} could not be bought`);
      expect(story.intents.map(({ name, provider, node }) => [name, provider, node])).toEqual([
        ["train", "federation", story.offers[1]?.name],
        ["tune", "federation", second?.name],
        ["vision", "lab", "lab-1"],
      ]);
      expect(isInOrder(story.givenBack)).toBe(true);
      expect(story.left).toEqual([]);
      expect(story.staysSold).toHaveLength(2);
      expect(story.afterwards.find(({ name }) => name === story.offers[1]?.name)?.free).toBe(4);
      const { RESERVATIONS, CONTRACTS, ALLOCATIONS, RESOURCE_SLICES, VIRTUAL_NODES } = kinds;
      for (const resource of [RESERVATIONS, CONTRACTS, ALLOCATIONS, RESOURCE_SLICES, VIRTUAL_NODES])
        expect(await count(file, "hub", resource)).toBe(1);
      for (const provider of ["alpha", "beta"]) expect(await count(file, provider, kinds.CONTRACTS)).toBe(1);
    });
    expect(existsSync(given)).toBe(false);
  });
});

test("the demo with a federation ends when it is asked to, wherever its story is", {
  timeout: 120_000,
}, async () => {
  const stopper = new AbortController();
  const told: string[] = [];
  const progress = (text: string): void => {
    told.push(text);
    if (text.includes("An Intent is bought for")) stopper.abort();
  };
  const { signal } = stopper;
  expect(await runFederatedDemo({ output: "table" }, { signal, print: () => {}, progress })).toBe(true);
  expect(told.at(-1)).toContain("An Intent is bought for");
});

describe("what was bought is given back in order", () => {
  const good =
    "Pod NamespaceOffloading Namespace ResourceSlice VirtualNode Node Allocation Contract Transaction";
  it.each([
    [`${good} Reservation`, true],
    [`${good.replace("VirtualNode Node", "Node VirtualNode")} Reservation`, true],
    [good, false],
    [`Reservation ${good}`, false],
    [good.replace("Contract Transaction", "Transaction Contract Reservation"), false],
    ["", false],
  ])("%s: %s", (kinds, isGood) => {
    expect(isInOrder(kinds.split(" ").filter(Boolean))).toBe(isGood);
  });
});
