import { createHmac } from "node:crypto";

/**
 * The header `X-Flare-Signature` of a body: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body" in hex>`. The time is
 * signed too, so that a receiver can refuse what was recorded and is played again.
 */
export function signatureOf(body: string, key: string | Buffer, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const digest = createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${digest}`;
}
