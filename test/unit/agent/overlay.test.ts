import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createOverlay,
  type OverlaySource,
  readOverlayFolder,
  sourcesOfConfigMap,
} from "../../../src/agent/overlay.ts";
import { simpleTables } from "../../integration/agent-harness.ts";

const source = (text: string): OverlaySource => ({ file: "site.yaml", text, origin: "site" });
const facts = { name: "a", labels: { "nvidia.com/gpu.product": "H100" }, annotations: {} };

describe("an overlay", () => {
  it("keeps the last good tables while the newest are bad", async () => {
    const overlay = await createOverlay(simpleTables);
    const region = (): string | undefined => overlay.map(facts).annotations["location.fluidos.eu/region"];
    expect(region()).toBeUndefined();
    await overlay.set("configmap", [source("milan")]);
    await overlay.set("configmap", [source("broken")]);
    expect([region(), overlay.problems]).toEqual(["milan", ["site.yaml:1:1: broken"]]);
    await overlay.set("configmap", [source("turin")]);
    expect([region(), overlay.problems]).toEqual(["turin", []]);
  });

  it("tells of each content once", async () => {
    const overlay = await createOverlay(simpleTables);
    const news = [];
    for (const text of ["broken", "broken", "milan", "milan"])
      news.push(await overlay.set("configmap", [source(text)]));
    expect(news).toEqual([true, false, true, false]);
  });

  it("ends its rules when it is deleted", async () => {
    const overlay = await createOverlay(simpleTables);
    await overlay.set("configmap", [source("milan")]);
    await overlay.set("configmap", []);
    expect(overlay.map(facts).annotations).not.toHaveProperty("location.fluidos.eu/region");
  });

  it("lets the newest tables win, however long they take to compile", async () => {
    const overlay = await createOverlay(async (sources) => {
      if (sources[0]?.text === "slow") await new Promise((resolve) => setTimeout(resolve, 20));
      return simpleTables(sources);
    });
    await Promise.all([
      overlay.set("configmap", [source("slow")]),
      overlay.set("configmap", [source("quick")]),
    ]);
    expect(overlay.map(facts).annotations["location.fluidos.eu/region"]).toBe("quick");
  });

  it("looks again at tables that could not be read for a while", async () => {
    const overlay = await createOverlay(simpleTables);
    await overlay.set("folder", [source("milan")]);
    overlay.fail("the folder is gone");
    expect(overlay.problems).toEqual(["the folder is gone"]);
    await overlay.set("folder", [source("milan")]);
    expect(overlay.problems).toEqual([]);
  });
});

describe("sourcesOfConfigMap", () => {
  it("takes the keys that are tables, by name, and says where they come from", () => {
    const configMap = {
      metadata: { namespace: "flare", name: "site" },
      data: { "b.yaml": "B", "a.yml": "A", README: "no" },
    };
    expect(sourcesOfConfigMap(configMap).map(({ file, text }) => [file, text])).toEqual([
      ["configmap flare/site: a.yml", "A"],
      ["configmap flare/site: b.yaml", "B"],
    ]);
  });
});

describe("readOverlayFolder", () => {
  it("names the folder that is not there, and the flag", async () => {
    await expect(readOverlayFolder("/nowhere")).rejects.toThrow(
      /folder \/nowhere cannot be read .* correct --mappings/,
    );
  });

  it("refuses a table that is too large to be one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flare-folder-"));
    await writeFile(join(folder, "huge.yaml"), "#".repeat(1024 * 1024 + 1));
    await expect(readOverlayFolder(folder)).rejects.toThrow(/huge.yaml is larger than/);
    await rm(folder, { recursive: true });
  });
});
