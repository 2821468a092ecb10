import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a run of the program did. */
export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The program as users have it: bundled into a folder of its own. */
export interface Flare {
  /** Runs it with arguments and standard input, away from any kubeconfig; `said` hears all of its output so far as it comes. */
  readonly run: (
    args: readonly string[],
    input?: string,
    env?: Record<string, string>,
    said?: (out: string) => void,
  ) => Promise<Run>;
  /** Writes a file into a scratch folder and returns its path. */
  readonly file: (name: string, text: string) => string;
  /** Puts a link to the program, as a package manager does, and returns its path. */
  readonly link: (name: string) => string;
  readonly remove: () => void;
}

/** Builds the program; takes seconds, so once for a test file. */
export function buildFlare(): Flare {
  const dir = mkdtempSync(join(tmpdir(), "flare-cli-"));
  const dist = join(dir, "dist");
  const built = spawnSync(process.execPath, ["scripts/build.mjs", "--quiet", `--outdir=${dist}`], {
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
  return {
    run: (args, input = "", env = {}, said) =>
      runProgram(join(dist, "flare.js"), args, input, { HOME: dir, ...env }, said),
    file: (name, text) => {
      const path = join(dir, name);
      writeFileSync(path, text);
      return path;
    },
    link: (name) => {
      const path = join(dir, name);
      symlinkSync(join(dist, "flare.js"), path);
      return path;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function runProgram(
  program: string,
  args: readonly string[],
  input: string,
  env: Record<string, string>,
  said?: (out: string) => void,
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env.PATH, ...env } });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      said?.(out);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
