import { existsSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runDemo } from "../../../src/cli/demo-run.ts";
import { createClient } from "../../../src/kubernetes/client.ts";
import { NODES } from "../../../src/kubernetes/objects.ts";

interface Seen {
  readonly printed: string[];
  readonly told: string[];
}

interface DescribedNode {
  readonly cluster: string;
  readonly node: string;
  readonly model: string;
  readonly variant?: string;
  readonly gpus: number;
  readonly sharing?: string;
}

interface PlacedIntent {
  readonly name: string;
  readonly phase: string;
  readonly provider?: string;
  readonly waitsFor?: string;
}

const shell = (
  signal: AbortSignal,
  seen: Seen,
  onTold: (text: string) => void = () => {},
): Parameters<typeof runDemo>[1] => ({
  signal,
  print: (text) => seen.printed.push(text),
  progress: (text) => {
    seen.told.push(text);
    onTold(text);
  },
});

describe("the demo", { timeout: 60_000 }, () => {
  test("describes every GPU node of three clusters, and no other, places Intents on them, and moves those of a provider that is cut off", async () => {
    const seen: Seen = { printed: [], told: [] };
    const complete = await runDemo({ once: true, output: "json" }, shell(new AbortController().signal, seen));
    const { pool, intents, afterCut } = JSON.parse(seen.printed.join("")) as {
      readonly pool: readonly DescribedNode[];
      readonly intents: readonly PlacedIntent[];
      readonly afterCut: readonly PlacedIntent[];
    };
    expect(complete).toBe(true);
    expect(new Set(pool.map(({ cluster }) => cluster))).toEqual(
      new Set(["aws-us", "gcp-europe", "lab-milan"]),
    );
    expect(pool.map(({ node }) => node)).not.toContain("ip-10-0-1-99");
    const told = Object.fromEntries(
      pool.map(({ node, model, variant, gpus }) => [node, `${gpus} x ${model} ${variant}`]),
    );
    expect(told).toMatchObject({
      "hgx-1": expect.stringMatching(/^8 x nvidia-h100 sxm/),
      "h100-pcie-1": expect.stringMatching(/^1 x nvidia-h100 pcie/),
      "ip-10-0-1-38": expect.stringMatching(/^1 x nvidia-l40s /),
      "mi300x-1": expect.stringMatching(/^1 x amd-mi300x /),
    });
    expect(pool.find(({ node }) => node === "ip-10-0-1-21")?.sharing).toBe("time-slicing");
    const placesOf = (rows: readonly PlacedIntent[]) =>
      rows.map(({ name, phase, provider }) => [name, phase, provider]);
    expect(placesOf(intents)).toEqual([
      ["pretrain", "Queued", undefined],
      ["train-llm", "Running", "lab-milan"],
      ["chat", "Running", "gcp-europe"],
      ["render", "Running", "gcp-europe"],
    ]);
    expect(intents[0]?.waitsFor).toContain("1 without enough GPUs free now");
    expect(placesOf(afterCut)).toEqual([
      ["pretrain", "Queued", undefined],
      ["train-llm", "Running", "lab-milan"],
      ["chat", "Running", "aws-us"],
      ["render", "Running", "aws-us"],
    ]);
    expect(seen.told.join("\n")).toContain("Nothing is left, nothing runs twice: 3 Intents");
  });

  test("gives out a kubeconfig of its own while it runs, and takes it back", async () => {
    const stopper = new AbortController();
    const seen: Seen = { printed: [], told: [] };
    let ended: Promise<boolean> | undefined;
    const file = await new Promise<string>((resolve) => {
      const invited = (text: string): void => {
        const [, path] = /KUBECONFIG=(\S+)/.exec(text) ?? [];
        if (path !== undefined) resolve(path);
      };
      ended = runDemo({ output: "table" }, shell(stopper.signal, seen, invited));
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(seen.printed.join("\n")).toMatch(/^CLUSTER +NODE +MODEL/);
    for (const context of ["aws-us", "gcp-europe", "lab-milan"]) {
      const client = createClient({ kubeconfig: file, context });
      for await (const page of client.list(NODES)) expect(page.items.length).toBeGreaterThan(2);
      client.close();
    }
    stopper.abort();
    await ended;
    expect(existsSync(file)).toBe(false);
  });
});
