import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { addressKey, createClientAddress } from "../../../../src/hub/api/client-address.ts";
import { createExpiringCache } from "../../../../src/hub/api/expiring-cache.ts";
import { createRateLimit } from "../../../../src/hub/api/rate-limit.ts";

describe("a rate limit", () => {
  it("lets a burst through, then so many a second, each key for itself", () => {
    let now = 0;
    const limit = createRateLimit({ perSecond: 2, burst: 3 }, () => now);
    expect([1, 2, 3, 4].map(() => limit.take("a"))).toEqual([undefined, undefined, undefined, 0.5]);
    expect(limit.take("b")).toBeUndefined();
    now = 500;
    expect([limit.wait("a"), limit.take("a"), limit.take("a")]).toEqual([undefined, undefined, 0.5]);
  });

  it("gives nothing for a clock that was stepped back", () => {
    let now = 10_000;
    const limit = createRateLimit({ perSecond: 1, burst: 1 }, () => now);
    expect(limit.take("a")).toBeUndefined();
    now = 0;
    expect(limit.take("a")).toBe(1);
    now = 1000;
    expect(limit.take("a")).toBeUndefined();
  });

  it("never lets more through than the burst and what came back since", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(2000), { maxLength: 100 }),
        (perSecond, burst, pauses) => {
          let now = 0;
          const limit = createRateLimit({ perSecond, burst }, () => now);
          let taken = 0;
          for (const pause of pauses) {
            now += pause;
            if (limit.take("key") === undefined) taken += 1;
          }
          expect(taken).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-6);
        },
      ),
    );
  });
});

describe("the address of a client", () => {
  const find = createClientAddress(["10.0.0.0/8", "fd00::/8", "192.0.2.7"]);
  test.each([
    ["of its own", "203.0.113.5", undefined, "203.0.113.5"],
    ["whatever a stranger says of it", "203.0.113.5", "1.1.1.1", "203.0.113.5"],
    ["past a trusted proxy", "10.1.2.3", "203.0.113.5", "203.0.113.5"],
    ["past several, not what stands before", "10.1.2.3", "6.6.6.6, 203.0.113.5, 192.0.2.7", "203.0.113.5"],
    ["the proxy's own where it says nothing", "10.1.2.3", undefined, "10.1.2.3"],
    ["the proxy's own where it says nonsense", "10.1.2.3", "unknown", "10.1.2.3"],
    ["IPv4 on a socket for both", "::ffff:10.1.2.3", "203.0.113.5", "203.0.113.5"],
    ["IPv6", "fd00::1", "2001:db8::5", "2001:db8::5"],
    ["of a socket that is gone", undefined, undefined, "unknown"],
  ])("is %s", (_, remote, forwarded, expected) => {
    expect(find(remote, forwarded)).toBe(expected);
  });

  test.each([
    ["203.0.113.5", "203.0.113.5"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::5", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ])("%s is counted as %s", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe("an expiring cache", () => {
  it("asks once for those who ask together and while the answer holds, and again afterwards", async () => {
    let now = 0;
    let asked = 0;
    const cache = createExpiringCache<number>({ ttlMs: 100, most: 10, now: () => now });
    const load = async (): Promise<number> => {
      asked += 1;
      return asked;
    };
    expect(await Promise.all([cache.get("a", load), cache.get("a", load)])).toEqual([1, 1]);
    now = 99;
    expect(await cache.get("a", load)).toBe(1);
    now = 100;
    expect(await cache.get("a", load)).toBe(2);
  });

  it("keeps no failure", async () => {
    const cache = createExpiringCache<number>({ ttlMs: 100, most: 10, now: () => 0 });
    await expect(cache.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await cache.get("a", async () => 7)).toBe(7);
  });

  it("forgets the oldest beyond its bound", async () => {
    const cache = createExpiringCache<string>({ ttlMs: 100, most: 2, now: () => 0 });
    for (const key of ["a", "b", "c"]) await cache.get(key, async () => "old");
    expect(await cache.get("c", async () => "new")).toBe("old");
    expect(await cache.get("a", async () => "new")).toBe("new");
  });
});
