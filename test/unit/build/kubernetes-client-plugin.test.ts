import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubernetesClient } from "../../../scripts/kubernetes-client-plugin.mjs";

describe("the bundle of a program that uses KubeConfig", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "flare-bundle-"));
    await symlink(resolve("node_modules"), join(dir, "node_modules"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const bundle = async (source: string) => {
    await writeFile(join(dir, "main.ts"), source);
    return build({
      entryPoints: [join(dir, "main.ts")],
      outdir: join(dir, "out"),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      minify: true,
      metafile: true,
      logLevel: "silent",
      plugins: [kubernetesClient()],
    });
  };

  test("holds no generated API and leaves openid-client to a chunk of its own", async () => {
    const { metafile } = await bundle(
      'import { KubeConfig } from "@kubernetes/client-node"; console.log(new KubeConfig());',
    );
    const main = Object.entries(metafile.outputs).find(([file]) => file.endsWith("main.js"))?.[1];
    const inputs = Object.keys(main?.inputs ?? {});
    expect(inputs.some((file) => file.endsWith("client-node/dist/config.js"))).toBe(true);
    expect(
      inputs.filter((file) => /client-node\/dist\/gen|openid-client\/build|node-fetch\/lib/.test(file)),
    ).toEqual([]);
    expect(main?.bytes).toBeLessThan(250_000);
  });

  test("cannot be made with anything else of the client", async () => {
    const making = bundle('import { CoreV1Api } from "@kubernetes/client-node"; console.log(CoreV1Api);');
    await expect(making).rejects.toThrow(/No matching export .*"CoreV1Api"/);
  });
});
