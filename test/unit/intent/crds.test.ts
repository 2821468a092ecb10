import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { customResourceDefinitions } from "../../../src/intent/crds.ts";
import { compileSchema } from "../../../src/sandbox/custom-schema.ts";
import type { KubeObject } from "../../../src/sandbox/object.ts";
import { minimal, referenceSpecs } from "../../support/intents.ts";
import { structuralFaults } from "./structural-faults.ts";

interface Crd {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: unknown } }[] };
}

const manifest = (path: string): Crd => parse(readFileSync(path, "utf8")) as Crd;
const schemaOf = (crd: Crd): unknown => crd.spec.versions[0]?.schema.openAPIV3Schema;
const reference = "../shared/crds/flare.clastix.io_intents.yaml";
const intentCrd = manifest("manifests/crds/flare.clastix.io_intents.yaml");
const ours = compileSchema(schemaOf(intentCrd));

/** What an API server with that schema stores, and what it says is wrong with it. */
function store(schema: ReturnType<typeof compileSchema>, object: unknown) {
  const stored = schema.prepare(object as KubeObject);
  return { stored, problems: schema.problems(stored), dropped: schema.unknownFields(object as KubeObject) };
}

describe("the CustomResourceDefinitions", () => {
  it.each([...customResourceDefinitions()])("%s is what `npm run crds` writes", (file, crd) => {
    expect(manifest(`manifests/crds/${file}`)).toEqual(JSON.parse(JSON.stringify(crd)));
  });

  it("are all of them in the folder", () => {
    const files = readdirSync("manifests/crds").filter(
      (file) => file !== "kustomization.yaml" && file.endsWith(".yaml"),
    );
    expect(files).toEqual([...customResourceDefinitions().keys()].sort());
  });

  it.each([...customResourceDefinitions()])("%s has a structural schema without CEL", (_, crd) => {
    expect(structuralFaults(schemaOf(crd as Crd))).toEqual([]);
  });

  it("describe every field of the spec", () => {
    const bare: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null || !("properties" in node)) return;
      for (const [key, child] of Object.entries(node.properties as Record<string, Record<string, unknown>>)) {
        if (child.description === undefined) bare.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
        walk(child.items, `${path}.${key}[]`);
      }
    };
    for (const crd of customResourceDefinitions().values()) {
      const { properties } = schemaOf(crd as Crd) as { readonly properties: Record<string, unknown> };
      walk(properties.spec, "spec");
      walk(properties.status, "status");
    }
    expect(bare).toEqual([]);
  });
});

describe("the Intent's schema", () => {
  it.each(Object.entries(referenceSpecs))(
    "takes %s, as the reference's does, and drops nothing",
    (_, spec) => {
      const object = { ...minimal(), spec };
      expect(store(ours, object)).toMatchObject({ problems: [], dropped: [] });
      if (existsSync(reference)) {
        expect(store(compileSchema(schemaOf(manifest(reference))), object)).toMatchObject({
          problems: [],
          dropped: [],
        });
      }
    },
  );

  it.skipIf(!existsSync(reference))(
    "takes what the reference's has stored, with its defaults (needs ../shared)",
    () => {
      const theirs = compileSchema(schemaOf(manifest(reference)));
      for (const spec of Object.values(referenceSpecs)) {
        const { stored } = store(theirs, { ...minimal(), spec });
        expect(store(ours, stored)).toMatchObject({ problems: [], dropped: [] });
      }
    },
  );

  it.each([
    ["an unknown objective", minimal({ objective: "Cheapest" }), "spec.objective"],
    ["no GPU", minimal({}, { resources: { gpu: { count: 0 } } }), "spec.workload.resources.gpu.count"],
    ["an unknown type", minimal({}, { type: "Cron" }), "spec.workload.type"],
    ["no image", minimal({}, { image: undefined }), "spec.workload.image"],
    ["a negative cost", minimal({ constraints: { maxHourlyCost: -1 } }), "spec.constraints.maxHourlyCost"],
    [
      "a cost in words",
      minimal({ constraints: { maxHourlyCost: "ten euros" } }),
      "spec.constraints.maxHourlyCost",
    ],
    [
      "a memory in words",
      minimal({}, { resources: { memory: "lots of it" } }),
      "spec.workload.resources.memory",
    ],
    [
      "an efficiency above 1",
      minimal({}, { resources: { gpu: { multiGPUEfficiency: 85 } } }),
      "spec.workload.resources.gpu.multiGPUEfficiency",
    ],
  ])("refuses %s at once", (_, object, field) => {
    expect(store(ours, JSON.parse(JSON.stringify(object))).problems.map((problem) => problem.field)).toEqual([
      field,
    ]);
  });

  it("drops what it does not know, and keeps the misspellings whole", () => {
    const object = minimal({ contraints: { location: "EU" }, quux: 1 });
    const { stored, dropped } = store(ours, object);
    expect(dropped).toEqual(["spec.quux"]);
    expect(stored.spec).toMatchObject({ contraints: { location: "EU" } });
  });
});
