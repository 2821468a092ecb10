/** The scripts of docs/kind were never run on kind: this is what can be known of them without it. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { parseIntentResource, parseProviderResource } from "../../../src/intent/parse.ts";
import { compileSchema } from "../../../src/sandbox/custom-schema.ts";
import { kustomizeIsThere, parseManifests, renderKustomization } from "../../support/manifests.ts";

const DIR = "docs/kind";
const text = (path: string): string => readFileSync(`${DIR}/${path}`, "utf8");
const files = readdirSync(DIR, { recursive: true, encoding: "utf8" }).filter(
  (path) => !path.includes(".work"),
);
const scripts = files.filter((path) => path.endsWith(".sh"));
const steps = scripts.filter((path) => path !== "common.sh");
const shellcheck = spawnSync("shellcheck", ["--version"]).status === 0;

describe("each script", () => {
  it.each(scripts)("%s is bash", (path) => {
    const { status, stderr } = spawnSync("bash", ["-n", `${DIR}/${path}`], { encoding: "utf8" });
    expect(`${status} ${stderr}`).toBe("0 ");
  });

  it.runIf(shellcheck).each(scripts)("%s passes shellcheck", (path) => {
    const { stdout } = spawnSync("shellcheck", ["-x", "-P", DIR, `${DIR}/${path}`], { encoding: "utf8" });
    expect(stdout).toBe("");
  });

  it.each(steps)("%s stops at the first thing that goes wrong", (path) => {
    expect(text(path)).toMatch(/^#!\/usr\/bin\/env bash\n(#.*\n)+set -euo pipefail\n/);
  });

  it.each(scripts)("%s names only files that are there", (path) => {
    const named = [...text(path).matchAll(/\$(KIND|REPO)_DIR\/([\w./-]+)/g)].map(
      ([, where, rest]) => `${where === "KIND" ? DIR : "."}/${rest}`,
    );
    expect(
      named.filter((each) => !each.endsWith("/.work") && !each.endsWith("/") && !existsSync(each)),
    ).toEqual([]);
  });

  it.each(steps)("%s is in the guide", (path) => {
    expect(text("README.md")).toContain(path);
  });
});

it("versions are pinned", () => {
  const pins = [...text("common.sh").matchAll(/^export \w+_(?:VERSION|COMMIT|IMAGE)=(\S+)$/gm)].map(
    ([, pin]) => pin,
  );
  expect(pins.length).toBeGreaterThanOrEqual(5);
  for (const pin of pins) expect(pin).toMatch(/v?\d+\.\d+\.\d+$|^[0-9a-f]{40}$|:kind$/);
  expect(scripts.map(text).join("")).not.toMatch(/:latest|@main|\/master\//);
});

it("the guide says that they were not run on kind", () => {
  expect(text("README.md")).toContain("These scripts were not run on kind.");
});

describe("each object", () => {
  const objects = files
    .filter((path) => path.endsWith(".yaml"))
    .map((path) => [path, parse(text(path)) as { readonly kind?: string; readonly spec?: unknown }] as const);
  const ofKind = (kind: string): object => objects.find(([, object]) => object.kind === kind)?.[1] ?? {};

  it("is one document that can be read", () => {
    for (const [path] of objects) {
      const documents = parseAllDocuments(text(path));
      expect([path, documents.length, documents.flatMap(({ errors }) => errors)]).toEqual([path, 1, []]);
    }
  });

  it("of ours is one that the hub takes", () => {
    expect(parseIntentResource(ofKind("Intent"))).toMatchObject({ ok: true });
    expect(parseProviderResource(ofKind("Provider"))).toMatchObject({ ok: true });
  });

  const crd = (name: string): string => `../shared/crds/${name}.yaml`;
  const KNOWN = crd("network.fluidos.eu_knownclusters");
  it.skipIf(!existsSync(KNOWN))(
    "of FLUIDOS and Capsule is one that their CRDs take (needs ../shared)",
    () => {
      const heredoc = /<<YAML\n([\s\S]*?)\nYAML/.exec(text("3-federation.sh"))?.[1] ?? "";
      const knownCluster = parse(
        heredoc
          .replaceAll("$provider", "alpha")
          .replace(/\$\(address_of .*?\):\$REAR_PORT/, "172.18.0.3:30001"),
      );
      const status = JSON.parse(/--patch '(.*)'/.exec(text("3-federation.sh"))?.[1] ?? "{}") as object;
      for (const [path, object] of [
        [KNOWN, { ...(knownCluster as object), ...status }],
        [crd("capsule.clastix.io_tenants"), ofKind("Tenant")],
      ] as const) {
        const { spec } = parse(readFileSync(path, "utf8")) as {
          readonly spec: {
            readonly versions: readonly {
              name: string;
              storage: boolean;
              schema: { openAPIV3Schema: unknown };
            }[];
          };
        };
        const stored = spec.versions.find(({ storage }) => storage);
        const schema = compileSchema(stored?.schema.openAPIV3Schema);
        const given = object as Parameters<typeof schema.prepare>[0];
        expect([path, schema.unknownFields(given), schema.problems(schema.prepare(given))]).toEqual([
          path,
          [],
          [],
        ]);
      }
    },
  );

  it.runIf(kustomizeIsThere()).each(["agent", "hub"])(
    "of %s is rendered with the image of the guide",
    (name) => {
      const rendered = parseManifests(renderKustomization(`${DIR}/${name}`) ?? "");
      const images = JSON.stringify(rendered).match(/"image":"[^"]*"/g) ?? [];
      expect(new Set(images)).toEqual(new Set(['"image":"localhost/flare:kind"']));
    },
  );
});
