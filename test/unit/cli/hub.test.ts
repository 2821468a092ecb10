import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFlare, type Flare } from "./flare-program.ts";

let flare: Flare;
beforeAll(() => {
  flare = buildFlare();
});
afterAll(() => flare.remove());

describe("flare hub, before it does anything,", () => {
  it("tells everything that is wrong with its configuration, each with its place", async () => {
    const config = flare.file("wrong.yaml", "intents:\n  costEvery: often\nwebhook: []\n");
    const { code, err } = await flare.run(["hub", "--config", config]);
    expect(code).toBe(2);
    expect(err).toContain(`${config}:2:3: intents.costEvery: a duration such as 5m, not below 10s`);
    expect(err).toContain(`${config}:3:1: webhook: there is no such setting`);
  });

  it("tells which webhooks have no key to sign with", async () => {
    const short = flare.file("key", "secret\n");
    const webhooks = [
      "{ name: a, url: https://example.com, secretFile: /no/such/file }",
      "{ name: b, url: https://example.com, secretEnv: NO_SUCH_VARIABLE }",
      `{ name: c, url: https://example.com, secretFile: ${short} }`,
    ];
    const config = flare.file("hooks.yaml", `webhooks:\n${webhooks.map((each) => `  - ${each}\n`).join("")}`);
    const { code, err } = await flare.run(["hub", "--config", config]);
    expect(code).toBe(2);
    expect(err).toContain("webhooks.0.secretFile: /no/such/file cannot be read (ENOENT)");
    expect(err).toContain("webhooks.1.secretEnv: NO_SUCH_VARIABLE is not set");
    expect(err).toContain(`webhooks.2.secretFile: ${short} holds a key of less than 16 bytes`);
  });

  it("refuses a currency that it has no rate of", async () => {
    const { code, err } = await flare.run(["hub"], "", { FLARE_CURRENCY: "XTS" });
    expect(code).toBe(2);
    expect(err).toContain("--currency XTS: there is no rate of it in intents.currencyRates");
  });
});
