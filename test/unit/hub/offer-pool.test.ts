import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers } from "../../../src/hub/flavors/covers.ts";
import { flavorName } from "../../../src/hub/flavors/node-flavors.ts";
import { createOfferPool } from "../../../src/hub/inventory/offer-pool.ts";
import { createProviderInventory } from "../../../src/hub/inventory/provider-inventory.ts";
import { createReservations } from "../../../src/hub/inventory/reservations.ts";
import { contractName } from "../../../src/sandbox/federation/fluidos/names.ts";
import { gpuPod, nodeRecord, offerOptions } from "./builders.ts";

/** An inventory whose deferred work is done by `turn`, and the pool that it fills. */
function create() {
  const reservations = createReservations();
  const pool = createOfferPool(reservations);
  const waiting: (() => void)[] = [];
  const told: string[][] = [];
  pool.subscribe((changes) => told.push(changes.map(({ node }) => node)));
  let made = 0;
  const inventory = createProviderInventory({
    provider: "alpha",
    pool,
    defer: (work) => waiting.push(work),
    offerOptions: () => {
      made += 1;
      return offerOptions({ isReserved: (intent) => reservations.isReserved(intent) });
    },
  });
  const turn = (): void => {
    for (const work of waiting.splice(0)) work();
  };
  const add = (name: string) =>
    inventory.nodeChanged({ type: "added", key: name, value: nodeRecord({ name }) });
  return { inventory, pool, reservations, told, turn, add, rounds: () => made };
}

describe("an inventory", () => {
  it("tells nothing before all nodes and pods are read: more would look free than is", () => {
    const { inventory, pool, add, turn, told } = create();
    add("gpu-1");
    turn();
    expect([pool.offers(), told, inventory.isComplete()]).toEqual([[], [], false]);
    inventory.podChanged({ type: "added", key: "default/a", value: gpuPod(3) });
    inventory.synced();
    turn();
    expect(pool.offers().map(({ free }) => free)).toEqual([5]);
    expect([told, inventory.isComplete()]).toEqual([[["gpu-1"]], true]);
  });

  it("makes the offers of changed nodes alone, a burst of changes at once, and tells only what is new", () => {
    const { inventory, pool, add, turn, told } = create();
    for (const name of ["gpu-1", "gpu-2", "gpu-3"]) add(name);
    inventory.synced();
    turn();
    told.length = 0;
    const before = pool.node("alpha", "gpu-3");
    const pod = gpuPod(1, { node: "gpu-2" });
    inventory.podChanged({ type: "added", key: "default/a", value: pod });
    inventory.podChanged({ type: "added", key: "default/b", value: gpuPod(2, { node: "gpu-2" }) });
    // A heartbeat: the same record again.
    inventory.nodeChanged({
      type: "changed",
      key: "gpu-1",
      value: nodeRecord({ name: "gpu-1" }),
      previous: nodeRecord({ name: "gpu-1" }),
    });
    turn();
    expect(told).toEqual([["gpu-2"]]);
    expect(pool.node("alpha", "gpu-3")).toBe(before);
    inventory.podChanged({ type: "deleted", key: "default/a", previous: pod });
    turn();
    expect(pool.node("alpha", "gpu-2")?.offers[0]?.free).toBe(6);
  });

  it("takes over from the one before: its nodes stay until the new one is complete, then those that are gone leave", () => {
    const { inventory, pool, add, turn } = create();
    for (const name of ["gpu-1", "gpu-2"]) add(name);
    inventory.synced();
    turn();
    inventory.close();
    const waiting: (() => void)[] = [];
    const next = createProviderInventory({
      provider: "alpha",
      pool,
      offerOptions,
      defer: (work) => waiting.push(work),
    });
    next.nodeChanged({ type: "added", key: "gpu-2", value: nodeRecord({ name: "gpu-2" }) });
    expect(pool.size("alpha")).toBe(2);
    next.synced();
    expect([...pool.nodes("alpha")].map(({ node }) => node.name)).toEqual(["gpu-2"]);
  });

  it("does a large number of nodes in steps, so that nobody waits long for the event loop", () => {
    const { inventory, pool, add, turn, rounds } = create();
    for (let index = 0; index < 1200; index++) add(`gpu-${index}`);
    inventory.synced();
    turn();
    expect([pool.size("alpha"), inventory.isComplete()]).toEqual([500, false]);
    turn();
    turn();
    expect([pool.size("alpha"), rounds(), inventory.isComplete()]).toEqual([1200, 3, true]);
  });
});

describe("a pool with reservations", () => {
  const reservation = {
    provider: "alpha",
    node: "gpu-1",
    resource: "nvidia.com/gpu",
    units: 3,
    cpu: 12,
    memoryGi: 100,
  };

  it("subtracts them from what is available, not from what a ledger stands on", () => {
    const { inventory, pool, reservations, add, turn } = create();
    add("gpu-1");
    inventory.synced();
    turn();
    reservations.set("intent", [reservation]);
    expect(pool.offers()[0]).toMatchObject({ free: 8, cpu: 192, nodeIdle: true });
    expect(pool.available("alpha", "gpu-1")[0]).toMatchObject({
      free: 5,
      cpu: 180,
      memoryGi: 1900,
      nodeIdle: false,
    });
    reservations.set("intent", []);
    expect(pool.available("alpha", "gpu-1")[0]).toMatchObject({ free: 8 });
  });

  it("tells its listeners of every node that a reservation touches", () => {
    const { reservations, told } = create();
    reservations.set("intent", [reservation]);
    reservations.set("intent", [{ ...reservation, node: "gpu-2" }]);
    expect(told).toEqual([["gpu-1"], ["gpu-1"], ["gpu-2"]]);
    expect([reservations.isReserved("intent"), reservations.on("alpha", "gpu-1")]).toEqual([true, []]);
  });
});

describe("the name of a Flavor", () => {
  it.each([
    [
      "is readable",
      { provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu" },
      /^flare-alpha-gpu-1-[0-9a-f]{8}$/,
    ],
    [
      "keeps the dots of a host name",
      { provider: "alpha", node: "ip-10-0-0-1.ec2.internal", resource: "x" },
      /^flare-alpha-ip-10-0-0-1\.ec2\.internal-[0-9a-f]{8}$/,
    ],
    [
      "is a name, whatever the node is called",
      { provider: "A", node: "-odd-.-name-..", resource: "x" },
      /^flare-a--odd\.name-[0-9a-f]{8}$/,
    ],
    [
      "is not too long",
      { provider: "alpha", node: "n".repeat(253), resource: "x" },
      /^flare-alpha-n{28}-[0-9a-f]{8}$/,
    ],
    [
      "ends well where it is cut off",
      { provider: "alpha", node: "gpu-10-0-0-1.eu-central-1a.-internal", resource: "x" },
      /^flare-alpha-gpu-10-0-0-1\.eu-central-1a-[0-9a-f]{8}$/,
    ],
  ])("%s", (_, target, expected) => {
    expect(flavorName(target, true)).toMatch(expected);
  });

  it("leaves room for what FLUIDOS and Liqo make of it: a Node's name is a label too", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 80 }),
        fc.string({ maxLength: 300 }),
        fc.boolean(),
        (provider, node, isOnly) => {
          const contract = contractName(flavorName({ provider, node, resource: "nvidia.com/gpu" }, isOnly));
          expect(contract).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
          expect(contract.length).toBeLessThanOrEqual(63);
        },
      ),
    );
  });

  it("is different for what would read the same", () => {
    const one = flavorName({ provider: "a", node: "b-c", resource: "x" }, true);
    expect(flavorName({ provider: "a-b", node: "c", resource: "x" }, true)).not.toBe(one);
  });
});

describe("an object covers what is wanted", () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{}, { a: 1 }, false],
    [{ a: { b: [1, 2], c: 3 } }, { a: { b: [1, 2] } }, true],
    [{ a: [1, 2, 3] }, { a: [1, 2] }, false],
    [{ a: [] }, { a: {} }, false],
    ["a", { a: 1 }, false],
  ])("%j of %j: %s", (present, wanted, expected) => {
    expect(covers(present, wanted)).toBe(expected);
  });
});
