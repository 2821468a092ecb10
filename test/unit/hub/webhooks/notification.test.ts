import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { isWanted, notificationOf } from "../../../../src/hub/webhooks/notification.ts";
import { signatureOf } from "../../../../src/hub/webhooks/signature.ts";
import { minimal } from "../../../support/intents.ts";

const NOW = Date.parse("2026-01-01T12:00:00.250Z");
const metadata = {
  name: "demo",
  namespace: "team-a",
  uid: "u-1",
  generation: 3,
};
const status = {
  phase: "Reserved",
  message: "placed",
  placement: {
    provider: "alpha",
    node: "gpu-1",
    namespace: "acme-demo",
    model: "nvidia-h100",
    gpus: 2,
    since: "2026-01-01T12:00:00Z",
    tasks: [{ index: 0, provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu", units: 2 }],
  },
  cost: { rate: "4 EUR", accrued: "0 EUR", since: "2026-01-01T12:00:00Z", started: "2026-01-01T12:00:00Z" },
} as const;
const view = {
  ...viewOf(
    { ...minimal(), metadata, status: { ...status, placement: { ...status.placement, tasks: [] } } },
    "EUR",
  ),
  tenant: "acme",
};
const announcement = {
  type: "Normal",
  reason: "Placed",
  message: "2x nvidia-h100 on gpu-1 of alpha",
} as const;
const occasion = { id: "id-1", now: NOW, hub: "hub uid" };

describe("a notification", () => {
  const notification = notificationOf(view, announcement, occasion);

  it("is a CloudEvent that says what happened, to which Intent, and where it stands", () => {
    expect(JSON.parse(notification.body)).toEqual({
      specversion: "1.0",
      id: "id-1",
      source: "/flare/hubs/hub%20uid",
      type: "io.clastix.flare.intent.v1",
      subject: "team-a/demo",
      time: "2026-01-01T12:00:00.250Z",
      datacontenttype: "application/json",
      data: {
        intent: { namespace: "team-a", name: "demo", uid: "u-1", generation: 3, tenant: "acme" },
        phase: "Reserved",
        severity: "Normal",
        reason: "Placed",
        message: "2x nvidia-h100 on gpu-1 of alpha",
        placement: {
          provider: "alpha",
          node: "gpu-1",
          namespace: "acme-demo",
          model: "nvidia-h100",
          gpus: 2,
          since: "2026-01-01T12:00:00Z",
        },
        cost: { rate: "4 EUR", accrued: "0 EUR", started: "2026-01-01T12:00:00Z" },
      },
    });
  });

  it("is short, however long the message", () => {
    const long = notificationOf(view, { ...announcement, message: "m".repeat(32_000) }, occasion);
    expect(JSON.parse(long.body).data.message).toHaveLength(2048);
  });

  it.each([
    ["everything by default", {}, true],
    ["one of its phases", { phases: ["Reserved", "Failed"] }, true],
    ["no other phase", { phases: ["Failed"] }, false],
    ["one of its reasons", { reasons: ["Placed"] }, true],
    ["no other reason", { reasons: ["Preempted"] }, false],
    ["what meets both", { phases: ["Reserved"], reasons: ["Preempted"] }, false],
  ] as const)("is wanted by a webhook that wants %s", (_, filter, expected) => {
    expect(isWanted({ ...filter } as Parameters<typeof isWanted>[0], notification)).toBe(expected);
  });
});

describe("the signature", () => {
  it("is HMAC-SHA256 of time and body, with the time beside it", () => {
    const expected = createHmac("sha256", "k".repeat(32)).update('1767268800.{"a":1}').digest("hex");
    expect(signatureOf('{"a":1}', "k".repeat(32), NOW)).toBe(`t=1767268800,v1=${expected}`);
  });

  it("is the one that openssl makes", () => {
    // printf '1767268800.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
    expect(signatureOf("{}", "0123456789abcdef", NOW)).toBe(
      "t=1767268800,v1=82330ea5e3ac98b4b461dc0d698404ef1e68356819346410bebe11e41c413b5f",
    );
  });
});
