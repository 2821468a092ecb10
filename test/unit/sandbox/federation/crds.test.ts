/** The simulation's own definitions against the real ones, where those are at hand. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compileSchema } from "../../../../src/sandbox/custom-schema.ts";
import { fluidosCrds } from "../../../../src/sandbox/federation/crds/fluidos.ts";
import { liqoCrds } from "../../../../src/sandbox/federation/crds/liqo.ts";
import { asObject, type JsonObject } from "../../../../src/sandbox/json.ts";
import type { KubeObject } from "../../../../src/sandbox/object.ts";
import { structuralFaults } from "../../intent/structural-faults.ts";

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: JsonObject;
    readonly scope: string;
    readonly versions: readonly {
      readonly name: string;
      readonly subresources?: JsonObject;
      readonly schema: { readonly openAPIV3Schema: JsonObject };
    }[];
  };
}

const folder = "../shared/crds";
const samplesFolder = "../shared/data/fluidos";
const ours = [...fluidosCrds, ...liqoCrds("v1.0")] as unknown as readonly Crd[];
const schemaOf = ({ spec }: Crd): JsonObject => spec.versions[0]?.schema.openAPIV3Schema ?? {};
const titled = ours.map((crd): [string, Crd] => [crd.metadata.name, crd]);

const real = new Map(
  (existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".yaml")) : []).map((file) => {
    const crd = parse(readFileSync(`${folder}/${file}`, "utf8")) as Crd;
    return [crd.metadata.name, crd];
  }),
);

function theirs(name: string): Crd {
  const found = real.get(name);
  if (found === undefined) throw new Error(`${name} is not among the real ones`);
  return found;
}

const identity = ({ spec }: Crd): object => ({
  group: spec.group,
  names: spec.names,
  scope: spec.scope,
  versions: spec.versions.map(({ name, subresources }) => ({ name, subresources })),
});

/** The fields of a schema by their paths, with their types and whether they are needed; free-form ends a path. */
function fieldsOf(schema: JsonObject, path = ""): Readonly<Record<string, string>> {
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return { [path]: "free-form" };
  if (schema["x-kubernetes-int-or-string"] === true) return { [path]: "quantity" };
  const required = (schema.required ?? []) as readonly string[];
  const inner = [
    ...Object.entries(asObject(schema.properties)).map(([name, child]) =>
      fieldsOf(asObject(child), `${path}.${name}${required.includes(name) ? "!" : ""}`),
    ),
    ...(schema.items === undefined ? [] : [fieldsOf(asObject(schema.items), `${path}[]`)]),
    ...(schema.additionalProperties === undefined
      ? []
      : [fieldsOf(asObject(schema.additionalProperties), `${path}*`)]),
  ];
  const values = (schema.enum as readonly string[] | undefined)?.join("|");
  const fallback = schema.default === undefined ? "" : ` = ${JSON.stringify(schema.default)}`;
  return Object.assign({ [path]: `${values ?? (schema.type as string)}${fallback}` }, ...inner);
}

/** What our schema leaves free-form, theirs may spell out. */
function withoutInner(fields: Readonly<Record<string, string>>, free: readonly string[]): object {
  const bare = (path: string): string => path.replaceAll("!", "");
  const isInner = (path: string): boolean => free.some((each) => bare(path).startsWith(bare(each)));
  return Object.fromEntries(Object.entries(fields).filter(([path]) => !isInner(path)));
}

const samples = (existsSync(samplesFolder) ? readdirSync(samplesFolder) : [])
  .filter((file) => file.endsWith(".yaml"))
  .map((file): [string, KubeObject] => [
    file,
    parse(readFileSync(`${samplesFolder}/${file}`, "utf8")) as KubeObject,
  ])
  .filter(([, { kind }]) => ours.some(({ spec }) => spec.names.kind === kind));

describe("the simulation's CustomResourceDefinitions", () => {
  it.each(titled)("%s has a structural schema", (_, crd) => {
    expect(structuralFaults(schemaOf(crd))).toEqual([]);
  });

  it("differ between Liqo v1.0 and HEAD by the one field that HEAD added", () => {
    const paths = (liqo: "v1.0" | "head") =>
      (liqoCrds(liqo) as unknown as readonly Crd[]).flatMap((crd) => Object.keys(fieldsOf(schemaOf(crd))));
    const known = new Set(paths("v1.0"));
    const added = paths("head").filter((path) => !known.has(path) || path === ".status.observedGeneration");
    expect(new Set(added)).toEqual(new Set([".status.observedGeneration"]));
    expect(paths("head").length - paths("v1.0").length).toBe(1);
  });
});

describe.skipIf(real.size === 0)("against the real ones (needs ../shared)", () => {
  it.each(titled)("%s is the same kind, under the same names", (name, crd) => {
    expect(identity(crd)).toEqual(identity(theirs(name)));
  });

  it.each(titled)("%s has the same fields, of the same types, with the same defaults", (name, crd) => {
    const own = fieldsOf(schemaOf(crd));
    const free = Object.keys(own).filter((path) => own[path] === "free-form");
    expect(withoutInner(own, free)).toEqual(withoutInner(fieldsOf(schemaOf(theirs(name))), free));
  });

  it.each(samples)("the sample %s is kept whole by both", (_, sample) => {
    const ownCrd = ours.find(({ spec }) => spec.names.kind === sample.kind);
    if (ownCrd === undefined) throw new Error(`${sample.kind} is not among ours`);
    const store = (crd: Crd): object => {
      const schema = compileSchema(schemaOf(crd));
      const stored = schema.prepare(sample);
      return { stored, problems: schema.problems(stored), dropped: schema.unknownFields(sample) };
    };
    const kept = store(ownCrd);
    expect(kept).toEqual(store(theirs(ownCrd.metadata.name)));
    expect(kept).toMatchObject({ problems: [] });
  });
});
