import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFlare, type Flare } from "./flare-program.ts";

const intent = (gpu: string, more = ""): string => `
apiVersion: flare.clastix.io/v1alpha1
kind: Intent
metadata: {name: train, namespace: team-a}
spec:
  objective: CostMinimization
  workload:
    type: Batch
    name: train
    image: ghcr.io/acme/train:1
    resources: {cpu: 8, memory: 64Gi, gpu: ${gpu}}
${more}`;

const OFFERS = ["--offers", "fixtures/demo/lab-milan.yaml", "--offers", "aws=fixtures/demo/aws-us.yaml"];

let flare: Flare;
beforeAll(() => {
  flare = buildFlare();
}, 60_000);
afterAll(() => flare.remove());

interface Simulated {
  readonly decision: {
    readonly placed: boolean;
    readonly placements?: readonly {
      readonly provider: string;
      readonly node: string;
      readonly units: number;
    }[];
    readonly considered: number;
    readonly fitting: number;
    readonly rejected: readonly { readonly code: string; readonly count: number }[];
  };
  readonly suggestions: readonly { readonly code: string }[];
}

const simulate = (input: string, ...flags: string[]) => flare.run(["simulate", "-f", "-", ...flags], input);
const simulateJson = async (input: string): Promise<readonly Simulated[]> => {
  const { out } = await simulate(input, ...OFFERS, "-o", "json");
  return JSON.parse(out) as readonly Simulated[];
};

describe("flare simulate", () => {
  it("places an Intent on the only node that has the model twice", async () => {
    const { code, out } = await simulate(intent("{model: h100, count: 2}"), ...OFFERS);
    expect(code).toBe(0);
    expect(out).toMatch(/^INTENT train: placed/);
    const [one] = await simulateJson(intent("{model: h100, count: 2}"));
    expect(one?.decision.placements).toMatchObject([{ provider: "lab-milan", node: "hgx-1", units: 2 }]);
  });

  it("tells for every rejected offer the first reason", async () => {
    const [one] = await simulateJson(intent("{model: h100, count: 2}"));
    const rejected = one?.decision.rejected.reduce((sum, { count }) => sum + count, 0);
    expect(rejected).toBe((one?.decision.considered ?? 0) - (one?.decision.fitting ?? 0));
  });

  it("places several Intents on what those before them left", async () => {
    const eight = intent("{model: h100, count: 8}");
    const { code, out } = await simulate(`${eight}---${eight}`, ...OFFERS);
    expect(code).toBe(4);
    expect(out).toContain("INTENT train: placed");
    expect(out).toContain("INTENT train: not placed");
  });

  it("suggests what would fit and exits with 4 where nothing does", async () => {
    const { code, out } = await simulate(intent("{model: h100, count: 16}"), ...OFFERS);
    expect(code).toBe(4);
    expect(out).toContain("8 GPUs per task instead of 16");
  });

  it("shows which interruptible Intents of the file would have to move so that a later one has room", async () => {
    const small = intent("{model: h100, count: 1, interruptible: true}").replaceAll("train", "small");
    const both = (first: string) => `${first}\n---${intent("{model: h100, count: 8}")}`;
    const performing = small.replace("CostMinimization", "PerformanceMaximization");
    const folder = mkdtempSync(join(tmpdir(), "flare-simulate-"));
    const config = join(folder, "hub.yaml");
    writeFileSync(config, "intents: { defragmentation: { worseBy: 1 } }");
    const { code, out } = await simulate(both(performing), ...OFFERS, "--config", config);
    expect(code).toBe(4);
    expect(out).toMatch(
      /It would have 8x nvidia-h100 on hgx-1 of lab-milan if these moved:\n +INTENT +TO +RATE\/H\n +small +1x nvidia-h100 on h100-pcie-1 of lab-milan/,
    );
    const steady = performing.replace(", interruptible: true", "");
    for (const [first, flags] of [
      [performing, []],
      [steady, ["--config", config]],
    ] as const)
      expect((await simulate(both(first), ...OFFERS, ...flags)).out).not.toContain("if these moved");
    rmSync(folder, { recursive: true });
  });

  describe("with the hub's configuration", () => {
    const folder = mkdtempSync(join(tmpdir(), "flare-simulate-"));
    const config = join(folder, "hub.yaml");
    afterAll(() => rmSync(folder, { recursive: true }));
    const cheap = intent("{model: h100, count: 1}", '  constraints: {maxHourlyCost: "30 SEK"}\n');

    it("counts in its rates: a bound in a currency that it makes dear lets in what the usual rate does not", async () => {
      writeFileSync(config, "intents: { currencyRates: { SEK: 10 } }");
      expect((await simulate(cheap, ...OFFERS)).code).toBe(4);
      expect((await simulate(cheap, ...OFFERS, "--config", config)).code).toBe(0);
    });

    it("refuses one that is wrong, with the place", async () => {
      writeFileSync(config, "intents: { currencyRate: { SEK: 1 } }");
      const { code, err } = await simulate(cheap, ...OFFERS, "--config", config);
      expect(code).toBe(2);
      expect(err).toContain(`${config}:1:12: intents.currencyRate: there is no such setting`);
    });

    it("refuses a currency without a rate", async () => {
      const { code, err } = await simulate(cheap, ...OFFERS, "--currency", "ABC");
      expect(code).toBe(2);
      expect(err).toContain("--currency ABC: there is no rate for it");
    });
  });

  const wrong: readonly (readonly [string, string, readonly string[]])[] = [
    ["an unknown model", intent("{model: h1000}"), ["spec.workload.resources.gpu.model", "did you mean"]],
    [
      "several problems at once",
      intent("{count: -1, memoryMin: lots}"),
      ["spec.workload.resources.gpu.count", "spec.workload.resources.gpu.memoryMin"],
    ],
    ["a broken document", "kind: [", ["standard input:1:"]],
    ["nothing", "", ["standard input holds no Intent"]],
  ];
  for (const [what, input, told] of wrong) {
    it(`refuses ${what} with its place and exits with 2`, async () => {
      const { code, err } = await simulate(input, ...OFFERS);
      expect(code).toBe(2);
      for (const text of told) expect(err).toContain(text);
    });
  }

  it("asks for offers where none are given", async () => {
    const { code, err } = await simulate(intent("{}"));
    expect(code).toBe(2);
    expect(err).toContain("--offers");
  });
});
