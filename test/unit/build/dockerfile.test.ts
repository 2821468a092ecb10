import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerfileInstructions, imageRuntime } from "../../support/dockerfile.ts";

const instructions = dockerfileInstructions();
const texts = (wanted: string): string[] =>
  instructions.filter(({ name }) => name === wanted).map(({ text }) => text);

describe("the Dockerfile", () => {
  test("takes both images by ARG, so that a digest can be given", () => {
    expect(texts("FROM").map((from) => from.split(" ")[0])).toEqual(["$BUILD_IMAGE", "$RUNTIME_IMAGE"]);
    for (const name of ["BUILD_IMAGE", "RUNTIME_IMAGE"]) {
      expect(texts("ARG").some((arg) => new RegExp(`^${name}=\\S+:\\S+$`).test(arg))).toBe(true);
    }
  });

  test("copies only what exists and what .dockerignore lets through", () => {
    const allowed = readFileSync(".dockerignore", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"));
    const sources = texts("COPY")
      .filter((copy) => !copy.startsWith("--from="))
      .flatMap((copy) => copy.split(" ").slice(0, -1));
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(existsSync(source), source).toBe(true);
      expect(allowed, source).toContain(`!${source}`);
    }
  });

  test("runs as a numeric user that is not root, as runAsNonRoot needs", () => {
    expect(texts("USER")).toEqual(["65532:65532"]);
  });
});

describe("the program as the image holds it", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "flare-image-"));
    const built = spawnSync(process.execPath, ["scripts/build.mjs", "--quiet", `--outdir=${dir}/flare`], {
      encoding: "utf8",
    });
    expect(built.stderr).toBe("");
    for (const path of [dir, join(dir, "flare")]) chmodSync(path, 0o555);
  }, 30_000);
  afterAll(() => {
    for (const path of [dir, join(dir, "flare")]) chmodSync(path, 0o755);
    rmSync(dir, { recursive: true });
  });

  test("starts in a read-only folder without node_modules, without rights, with the image's flags", () => {
    const { flags, env } = imageRuntime();
    const unprivileged = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {};
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, join(dir, "flare/flare.js"), "--version"],
      {
        cwd: join(dir, "flare"),
        env,
        encoding: "utf8",
        ...unprivileged,
      },
    );
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
    expect({ stderr, says: stdout.includes(version) }).toEqual({ stderr: "", says: true });
  });
});
