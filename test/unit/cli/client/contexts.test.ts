import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contextFile, loadContexts, saveContexts } from "../../../../src/cli/client/context-file.ts";
import {
  type Context,
  readContexts,
  readServer,
  withContext,
  withoutContext,
} from "../../../../src/cli/client/contexts.ts";

const lab: Context = { name: "lab", server: "https://lab.example.com", token: "flr_secret" };
const prod: Context = { ...lab, name: "prod", tenant: "acme" };

describe("a server's address", () => {
  it.each([
    ["https://flare.example.com", "https://flare.example.com"],
    ["https://flare.example.com/", "https://flare.example.com"],
    ["https://flare.example.com/api/v1", "https://flare.example.com"],
    ["https://example.com/flare/api/v1/", "https://example.com/flare"],
    ["http://[::1]:8080", "http://[::1]:8080"],
  ])("%s is %s", (text, server) => {
    expect(readServer(text)).toEqual({ server });
  });

  it.each(["", "flare.example.com", "file:///etc/passwd", "https://a:b@c", "https://c?q", "https://c#f"])(
    "is none: %j",
    (text) => {
      expect(readServer(text)).toMatchObject({ problem: expect.any(String) });
    },
  );
});

describe("contexts", () => {
  it("are added, put in the place of one of their name, and removed with what was current", () => {
    const both = withContext(withContext({ contexts: [] }, lab), prod);
    expect(both).toEqual({ currentContext: "prod", contexts: [lab, prod] });
    expect(withContext(both, { ...lab, token: "other" })).toMatchObject({
      currentContext: "lab",
      contexts: [prod, { token: "other" }],
    });
    expect(withoutContext(both, "prod")).toEqual({ contexts: [lab] });
    expect(withoutContext(both, "lab")).toEqual({ currentContext: "prod", contexts: [prod] });
  });

  it.each([
    ["no YAML", "contexts: [", "f:1:"],
    ["a setting that there is not", "contxts: []", 'there is no setting "contxts"'],
    ["a context without a token", "contexts: [{name: a, server: https://a}]", "contexts.0.token"],
    ["a server that is none", "contexts: [{name: a, server: a, token: t}]", "contexts.0.server"],
    ["two of a name", "contexts: [&a {name: a, server: https://a, token: flr_secret}, *a]", "the same name"],
    ["a list", "[]", "the file"],
  ])("are refused where there is %s, and no token is told", (_what, text, message) => {
    expect(() => readContexts("f", text)).toThrow(message);
    expect(() => readContexts("f", text)).not.toThrow("flr_secret");
  });

  it("are none of an empty file", () => {
    expect(readContexts("f", "")).toEqual({ contexts: [] });
  });
});

describe("the file of contexts", () => {
  let home: string;
  let file: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "flare-contexts-"));
    file = contextFile({ XDG_CONFIG_HOME: home });
  });
  afterEach(() => rm(home, { recursive: true, force: true }));
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

  it("is where the XDG base directories say, or in ~/.config", () => {
    expect(file).toBe(join(home, "flare", "config.yaml"));
    expect(contextFile({ HOME: "/home/me", XDG_CONFIG_HOME: "" })).toBe("/home/me/.config/flare/config.yaml");
  });

  it("is made for its owner alone, and read again as it was", async () => {
    expect(await loadContexts(file)).toEqual({ contexts: [] });
    const config = withContext({ contexts: [] }, prod);
    await saveContexts(file, config);
    expect(await modeOf(file)).toBe(0o600);
    expect(await modeOf(dirname(file))).toBe(0o700);
    expect(await loadContexts(file)).toEqual(config);
  });

  it("is replaced as a whole, whatever its rights were, and nothing is left beside it", async () => {
    await saveContexts(file, withContext({ contexts: [] }, lab));
    await chmod(file, 0o644);
    await saveContexts(file, withContext({ contexts: [] }, prod));
    expect(await modeOf(file)).toBe(0o600);
    expect(await readdir(dirname(file))).toEqual(["config.yaml"]);
  });

  it("stays where a link leads", async () => {
    await mkdir(dirname(file), { mode: 0o700 });
    await mkdir(join(home, "dotfiles"), { mode: 0o700 });
    await writeFile(join(home, "dotfiles", "flare.yaml"), "", { mode: 0o600 });
    await symlink(join(home, "dotfiles", "flare.yaml"), file);
    await saveContexts(file, withContext({ contexts: [] }, lab));
    expect(await readFile(join(home, "dotfiles", "flare.yaml"), "utf8")).toContain("name: lab");
  });

  it.each([
    [0o640, "is open to others (mode 0640)"],
    [0o604, "chmod 600"],
    [0o620, "mode 0620"],
  ])("is not used with mode %i", async (mode, message) => {
    await saveContexts(file, withContext({ contexts: [] }, lab));
    await chmod(file, mode);
    await expect(loadContexts(file)).rejects.toThrow(message);
  });

  it("is neither used nor made in a folder that others can write to", async () => {
    await saveContexts(file, withContext({ contexts: [] }, lab));
    await chmod(dirname(file), 0o777);
    await expect(loadContexts(file)).rejects.toThrow("chmod 700");
    await expect(saveContexts(file, { contexts: [] })).rejects.toThrow("chmod 700");
    expect(await readFile(file, "utf8")).toContain("flr_secret");
  });
});
