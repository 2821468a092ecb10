import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../../src/kubernetes/kube-error.ts";
import { createLeaderElector, type LeaderElectionOptions } from "../../../src/kubernetes/leader-election.ts";
import { type KubeLease, type LeaseClient, microTime } from "../../../src/kubernetes/lease.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

/** A Lease in memory with the API server's optimistic lock. */
function createLease() {
  let lease: KubeLease | undefined;
  let version = 0;
  const writes: string[] = [];
  const store = (next: KubeLease): KubeLease => {
    version += 1;
    lease = { ...next, metadata: { ...next.metadata, resourceVersion: String(version) } };
    writes.push(lease.spec?.holderIdentity ?? "");
    return lease;
  };
  const conflict = () => new KubeError("conflict", "the object has been modified", { status: 409 });
  const client = {
    get: async () => {
      if (lease === undefined) throw new KubeError("not-found", "no lease", { status: 404 });
      return lease;
    },
    create: async (_, object) => {
      if (lease !== undefined) throw conflict();
      return store(object as KubeLease);
    },
    update: async (_, object) => {
      if (object.metadata?.resourceVersion !== lease?.metadata?.resourceVersion) throw conflict();
      return store(object as KubeLease);
    },
  } as LeaseClient;
  return {
    client,
    writes,
    current: () => lease,
    edit: (spec: KubeLease["spec"]) => store({ ...lease, spec }),
  };
}

/** A client whose calls fail, or never end, while it is cut off. */
function cuttable(client: LeaseClient) {
  let mode: "works" | "refused" | "silent" = "works";
  const guarded =
    (call: (...args: never[]) => Promise<unknown>) =>
    (...args: never[]) => {
      if (mode === "refused") return Promise.reject(new KubeError("unreachable", "cut off"));
      return mode === "silent" ? new Promise(() => undefined) : call(...args);
    };
  const wrapped = {
    get: guarded(client.get),
    create: guarded(client.create),
    update: guarded(client.update),
  } as LeaseClient;
  const cut = (next: typeof mode): void => {
    mode = next;
  };
  return { client: wrapped, cut };
}

const running: AbortController[] = [];
afterEach(() => {
  for (const each of running.splice(0)) each.abort();
});

/** A candidate that campaigns; `terms` notes when it began and ceased to lead. */
function campaign(client: LeaseClient, identity: string, options: Partial<LeaderElectionOptions> = {}) {
  const ending = new AbortController();
  running.push(ending);
  const terms: string[] = [];
  const elector = createLeaderElector({
    client,
    identity,
    namespace: "flare-system",
    name: "flare-hub",
    onError: () => undefined,
    now: Date.now,
    random: () => 0,
    ...options,
  });
  const lead = async (term: AbortSignal): Promise<void> => {
    terms.push(`on ${(Date.now() - 1_000_000) / 1000}`);
    await new Promise<void>((resolve) => term.addEventListener("abort", () => resolve(), { once: true }));
    terms.push(`off ${(Date.now() - 1_000_000) / 1000}`);
  };
  const ended = elector.run(ending.signal, lead);
  return { elector, terms, ended, stop: () => ending.abort() };
}

describe("leader election", () => {
  it("elects the first candidate, which renews, and lets the second wait", async () => {
    const lease = createLease();
    const first = campaign(lease.client, "a");
    await pass(0);
    const second = campaign(lease.client, "b");
    await pass(60_000);
    expect([first.elector.isLeader(), second.elector.isLeader()]).toEqual([true, false]);
    expect([first.elector.holder(), second.elector.holder()]).toEqual(["a", "a"]);
    expect(new Set(lease.writes)).toEqual(new Set(["a"]));
    expect(lease.current()?.spec).toMatchObject({
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: microTime(1_000_000),
      renewTime: microTime(1_060_000),
    });
  });

  it("writes times as MicroTime: six digits", () => {
    expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe("2026-01-02T03:04:05.006000Z");
  });

  it.each(["refused", "silent"] as const)(
    "deposes a leader whose writes are %s before anybody else is elected",
    async (mode) => {
      const lease = createLease();
      const link = cuttable(lease.client);
      const first = campaign(link.client, "a");
      await pass(0);
      const second = campaign(lease.client, "b");
      await pass(5000);
      link.cut(mode);
      for (let step = 0; step < 300; step++) {
        await pass(100);
        expect(first.elector.isLeader() && second.elector.isLeader()).toBe(false);
      }
      expect(first.terms).toEqual(["on 0", "off 14"]);
      expect(second.elector.isLeader()).toBe(true);
      expect(lease.current()?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
    },
  );

  it("lets the deposed one come back as a candidate when it can write again", async () => {
    const lease = createLease();
    const link = cuttable(lease.client);
    const first = campaign(link.client, "a");
    await pass(0);
    link.cut("refused");
    await pass(30_000);
    link.cut("works");
    await pass(10_000);
    expect(first.terms).toEqual(["on 0", "off 10", "on 32"]);
  });

  it("goes by what it saw change, not by the other's clock", async () => {
    const lease = createLease();
    // A leader whose clock is an hour slow: its renewTime is always long past.
    campaign(lease.client, "slow-clock", { wallClock: () => Date.now() - 3_600_000 });
    await pass(0);
    const second = campaign(lease.client, "b", { wallClock: () => Date.now() + 3_600_000 });
    await pass(60_000);
    expect(second.elector.isLeader()).toBe(false);
  });

  it("waits for a whole lease from its own first look at a dead leader's lease", async () => {
    const lease = createLease();
    const first = campaign(lease.client, "a");
    await pass(0);
    const { spec } = lease.current() ?? {};
    first.stop();
    await pass(0);
    lease.edit(spec);
    const second = campaign(lease.client, "b");
    await pass(14_900);
    expect(second.elector.isLeader()).toBe(false);
    await pass(2500);
    expect(second.elector.isLeader()).toBe(true);
  });

  it("gives the lease back at its end, so that the next one need not wait", async () => {
    const lease = createLease();
    const first = campaign(lease.client, "a");
    await pass(0);
    const second = campaign(lease.client, "b");
    await pass(5000);
    first.stop();
    await first.ended;
    expect(lease.current()?.spec?.holderIdentity).toBe("");
    await pass(2000);
    expect(second.elector.isLeader()).toBe(true);
    expect(first.elector.isLeader()).toBe(false);
  });

  it("gives nothing back that somebody else holds by now", async () => {
    const lease = createLease();
    const link = cuttable(lease.client);
    const first = campaign(link.client, "a");
    await pass(0);
    campaign(lease.client, "b");
    link.cut("refused");
    await pass(30_000);
    link.cut("works");
    first.stop();
    await first.ended;
    expect(lease.current()?.spec?.holderIdentity).toBe("b");
  });

  it("stays the leader when somebody only labels the lease", async () => {
    const lease = createLease();
    const first = campaign(lease.client, "a");
    await pass(1000);
    lease.edit(lease.current()?.spec);
    await pass(30_000);
    expect(first.terms).toEqual(["on 0"]);
  });

  it("steps down at its next renewal when the lease was given to somebody else by hand", async () => {
    const lease = createLease();
    const first = campaign(lease.client, "a");
    await pass(1000);
    lease.edit({ ...lease.current()?.spec, holderIdentity: "z" });
    await pass(1000);
    expect(first.terms).toEqual(["on 0", "off 2"]);
    expect(first.elector.isLeader()).toBe(false);
  });

  it("is no leader after its process slept through the deadline, before it looks at anything", async () => {
    const lease = createLease();
    const first = campaign(lease.client, "a");
    await pass(0);
    // As after SIGSTOP and SIGCONT: the clock went on, no timer fired.
    vi.setSystemTime(1_000_000 + 11_000);
    expect(first.elector.isLeader()).toBe(false);
  });

  it("elects one of two that begin at the same moment", async () => {
    const lease = createLease();
    const both = [campaign(lease.client, "a"), campaign(lease.client, "b")];
    await pass(10_000);
    expect(both.filter(({ elector }) => elector.isLeader())).toHaveLength(1);
  });

  it("does not begin a new campaign before the old term's work has ended", async () => {
    const lease = createLease();
    const link = cuttable(lease.client);
    let active = 0;
    let most = 0;
    const elector = createLeaderElector({
      client: link.client,
      identity: "a",
      namespace: "flare-system",
      name: "flare-hub",
      onError: () => undefined,
      now: Date.now,
    });
    const ending = new AbortController();
    running.push(ending);
    void elector.run(ending.signal, async (term) => {
      active += 1;
      most = Math.max(most, active);
      await new Promise<void>((resolve) =>
        term.addEventListener("abort", () => setTimeout(resolve, 20_000), { once: true }),
      );
      active -= 1;
    });
    await pass(0);
    link.cut("refused");
    await pass(12_000);
    link.cut("works");
    await pass(60_000);
    expect([most, active]).toEqual([1, 1]);
  });

  it("refuses a deadline that is not shorter than the lease", () => {
    const { client } = createLease();
    expect(() => campaign(client, "a", { leaseMs: 5000, renewDeadlineMs: 5000 })).toThrow(/shorter/);
  });
});
