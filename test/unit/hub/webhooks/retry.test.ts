import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfterMs, verdictOn } from "../../../../src/hub/webhooks/retry.ts";

const BOUNDS = { attempts: 5, giveUpAfter: 600_000 };
const FIRST = { attempts: 1, ageMs: 0 };
const always = (value: number) => () => value;

describe("what follows from an attempt to deliver", () => {
  it.each([
    [200, "delivered"],
    [204, "delivered"],
    [301, "refused"],
    [400, "refused"],
    [401, "refused"],
    [404, "refused"],
    [408, "retry"],
    [410, "gone"],
    [425, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("HTTP %i: %s", (status, next) => {
    expect(verdictOn({ status }, FIRST, BOUNDS, always(0.5)).next).toBe(next);
  });

  it("tries again where there was no answer", () => {
    expect(verdictOn({ error: "no answer within 10 s" }, FIRST, BOUNDS, always(0.5))).toEqual({
      next: "retry",
      afterMs: 500,
      why: "no answer within 10 s",
    });
  });

  it.each([
    [1, 1000],
    [2, 2000],
    [4, 8000],
  ])("waits up to a bound that doubles: after attempt %i up to %i ms", (attempts, most) => {
    const wait = (random: number) =>
      verdictOn({ status: 500 }, { attempts, ageMs: 0 }, BOUNDS, always(random));
    expect(wait(0)).toMatchObject({ afterMs: 0 });
    expect(wait(0.5)).toMatchObject({ afterMs: most / 2 });
    expect(wait(0.999_999)).toMatchObject({ afterMs: most });
  });

  it("waits as long as the receiver wishes, within reason", () => {
    const asked = (wished: number) =>
      verdictOn({ status: 429, retryAfterMs: wished }, FIRST, BOUNDS, always(0.5));
    expect(asked(30_000)).toMatchObject({ next: "retry", afterMs: 30_000 });
    expect(asked(1e9)).toMatchObject({ next: "retry", afterMs: 300_000 });
    expect(asked(10)).toMatchObject({ next: "retry", afterMs: 500 });
  });

  it("gives up after the last attempt, and where the next one would come too late", () => {
    expect(verdictOn({ status: 500 }, { attempts: 5, ageMs: 0 }, BOUNDS, always(0)).next).toBe("expired");
    expect(verdictOn({ status: 500 }, { attempts: 2, ageMs: 599_999 }, BOUNDS, always(0.5)).next).toBe(
      "expired",
    );
    expect(verdictOn({ status: 200 }, { attempts: 5, ageMs: 1e9 }, BOUNDS, always(0)).next).toBe("delivered");
  });

  it("comes to an end whatever the receiver says", () => {
    const outcome = fc.oneof(
      fc.record({
        status: fc.integer({ min: 100, max: 599 }),
        retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
      }),
      fc.record({ error: fc.string() }),
    );
    fc.assert(
      fc.property(
        fc.infiniteStream(outcome),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (outcomes, random) => {
          let ageMs = 0;
          for (let attempts = 1; attempts <= BOUNDS.attempts; attempts += 1) {
            const verdict = verdictOn(outcomes.next().value, { attempts, ageMs }, BOUNDS, always(random));
            if (verdict.next !== "retry") return true;
            ageMs += verdict.afterMs;
            if (ageMs > BOUNDS.giveUpAfter) return false;
          }
          return false;
        },
      ),
    );
  });
});

describe("Retry-After", () => {
  const NOW = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    [undefined, undefined],
    ["120", 120_000],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", undefined],
  ])("%s is %s ms", (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected);
  });
});
