/**
 * What the CLASTIX fork's resource manager makes of the agent's annotations, by its own rules
 * (pkg/local-resource-manager/node_services.go): which keys, and how Go reads each. With the fork alone they suffice.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFlavor } from "../../../src/fluidos/parse-flavor.ts";
import { mapNode } from "../../../src/mapping/map-node.ts";
import { BadAnnotation, gpuFromAnnotations } from "../../../src/sandbox/federation/fluidos/node-gpu.ts";
import { parseAnnotations, type Values } from "../../../src/vocabulary/annotations.ts";
import { findKey } from "../../../src/vocabulary/keys.ts";
import { formatValue, parseValue } from "../../../src/vocabulary/values.ts";
import { fixtureNodes } from "../mapping/real-nodes.ts";
import { builtIn } from "../mapping/tables.ts";

/** Go's own grammars, and the keys read by each; a quantity that is none makes the fork panic, the rest reads as zero. */
const GO = {
  "resource.MustParse": {
    grammar: /^[+-]?(\d+\.?\d*|\.\d+)(n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?\d+)?$/,
    keys: [
      "gpu.fluidos.eu/memory-per-gpu",
      "gpu.fluidos.eu/cores",
      "gpu.fluidos.eu/clock-speed",
      "gpu.fluidos.eu/interconnect-bandwidth-gbps",
      "network.fluidos.eu/bandwidth-gbps",
    ],
  },
  "strconv.ParseInt": {
    grammar: /^[+-]?\d+$/,
    keys: ["gpu.fluidos.eu/count", "network.fluidos.eu/latency-ms"],
  },
  "strconv.ParseFloat": {
    grammar: /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/,
    keys: [
      "gpu.fluidos.eu/fp32-tflops",
      "cost.fluidos.eu/hourly-rate",
      "workload.fluidos.eu/training-score",
      "workload.fluidos.eu/inference-score",
      "workload.fluidos.eu/hpc-score",
      "workload.fluidos.eu/graphics-score",
    ],
  },
  "strconv.ParseBool": {
    grammar: /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/,
    keys: [
      "nvidia.fluidos.eu/mig-capable",
      "gpu.fluidos.eu/sharing-capable",
      "gpu.fluidos.eu/interruptible",
      "gpu.fluidos.eu/dedicated",
      "provider.fluidos.eu/preemptible",
    ],
  },
} as const;

const readers = Object.entries(GO).map(([name, { grammar, keys }]) => ({ name, grammar, keys }));
const AS_IS = { strict: true, swapped: true };

/** Nodes of fixtures/nodes as the agent describes them. */
const nodes = fixtureNodes()
  .map(({ title, facts }) => ({ title, annotations: mapNode(builtIn(), facts).annotations }))
  .filter(({ annotations }) => annotations["gpu.fluidos.eu/count"] !== undefined);

describe("the annotations of a node, read as the fork does", () => {
  test("are there for most of the nodes", () => expect(nodes.length).toBeGreaterThan(30));

  test.each(nodes)("$title: each is of the form that Go reads", ({ annotations }) => {
    const wrong = readers.flatMap(({ name, grammar, keys }) =>
      keys
        .filter((key) => annotations[key] !== undefined && !grammar.test(annotations[key]))
        .map((key) => `${name} cannot read ${key}: ${annotations[key]}`),
    );
    expect(wrong).toEqual([]);
  });

  test.each(nodes)("$title: they make a Flavor that says what the node says", ({ annotations }) => {
    const gpu = gpuFromAnnotations(annotations, AS_IS);
    const spec = { flavorType: { typeIdentifier: "K8Slice", typeData: { characteristics: { gpu } } } };
    const read = parseFlavor({ metadata: { name: "a" }, spec }, { swapped: true });
    expect(read).toMatchObject({ ok: true, problems: [] });
    if (read.ok) expect(told(read.facts.values)).toEqual(told(parseAnnotations(annotations).values));
  });
});

/** What a Flavor has room for, as text, without the false and zero that it leaves out. */
const told = (values: Values): object =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const row = findKey(key);
      return row?.fluidos === undefined || value === false || value === 0
        ? []
        : [[key, formatValue(row.type, value)]];
    }),
  );

describe("an annotation that makes the fork panic, so that the node never has a Flavor,", () => {
  const panicking = ["80GB", "80 Gi", "900Gbps", "1.98GHz", "1,980", "", "unknown", "80gi"];
  const quantities = GO["resource.MustParse"].keys;
  test.each(quantities.flatMap((key) => panicking.map((value) => ({ key, value }))))(
    "$key: $value is none that the agent writes",
    ({ key, value }) => {
      expect(() => gpuFromAnnotations({ [key]: value }, AS_IS)).toThrow(BadAnnotation);
      const type = findKey(key)?.type;
      const parsed = type === undefined ? undefined : parseValue(type, value);
      // What a person writes with a unit may be understood; written again it has the form that the fork reads.
      const written = type !== undefined && parsed?.ok === true ? formatValue(type, parsed.value) : undefined;
      expect(written ?? "0").toMatch(GO["resource.MustParse"].grammar);
    },
  );

  test("is never made of a number, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...quantities),
        fc.double({ min: 0.001, max: 1e12, noNaN: true }),
        (key, number) => {
          const type = findKey(key)?.type;
          if (type === undefined) throw new Error(`${key} is not of the vocabulary`);
          const text = formatValue(type, type.kind === "integer" ? Math.ceil(number) : number);
          expect(text).toMatch(GO["resource.MustParse"].grammar);
          expect(() => gpuFromAnnotations({ [key]: text }, AS_IS)).not.toThrow();
        },
      ),
    );
  });
});

test("an annotation that Go reads as zero is lost without a word, which is why the forms above are held", () => {
  const lost = {
    "gpu.fluidos.eu/count": "8.0",
    "cost.fluidos.eu/hourly-rate": "4.50 EUR",
    "gpu.fluidos.eu/dedicated": "yes",
  };
  const { count, hourly_rate, dedicated } = gpuFromAnnotations(lost, AS_IS);
  expect([count, hourly_rate, dedicated]).toEqual([undefined, undefined, undefined]);
});
