import { describe, expect, test } from "vitest";
import { compileTables } from "../../../src/mapping/compile-tables.ts";
import { mapNode } from "../../../src/mapping/map-node.ts";
import { parseTable } from "../../../src/mapping/parse-table.ts";
import { compileParsed } from "../../../src/mapping/tables.ts";
import { fixtureNodes } from "./real-nodes.ts";
import { builtIn, builtInSources, builtInTables, gpu, nodeFacts, tablesWith } from "./tables.ts";

const ABOUT = "about: { title: Site }\n";
const problemsOf = (text: string): readonly string[] => {
  const result = compileTables([{ file: "site.yaml", text: ABOUT + text, origin: "site" }], builtInTables());
  return result.ok ? [] : result.problems;
};

describe("a table with a fault is refused, with its place and what is allowed", () => {
  test.each<[string, string, RegExp]>([
    ["a syntax error", "values: [\n", /^site\.yaml:3:1: /],
    ["a key twice", "lookups: { a: { x: 1 } }\nlookups: { b: { x: 1 } }\n", /^site\.yaml:3:1: .*unique/i],
    [
      "no about",
      "about2: {}\n",
      /^site\.yaml:2:1: about2: unknown key "about2"; allowed: about, let, lookups, catalogue, devices, values, problems, scores$/,
    ],
    [
      "an unknown section",
      "value:\n  - rule: a\n",
      /^site\.yaml:2:1: .*unknown key "value"; allowed: .*values/,
    ],
    [
      "an unknown key of a rule",
      "values:\n  - rule: a\n    sets: {}\n    set: {}\n",
      /^site\.yaml:4:5: .*unknown key "sets"; allowed: rule, let, when, set$/,
    ],
    [
      "an unknown source",
      "values:\n  - rule: a\n    set:\n      cost.fluidos.eu/currency: { lable: x }\n",
      /^site\.yaml:5:\d+: .*"lable"; allowed: value, label, /,
    ],
    [
      "two sources",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: { label: x, value: EUR } }\n",
      /^site\.yaml:4:\d+: .*exactly one of .*found value and label/,
    ],
    [
      "an unknown operator",
      "values:\n  - rule: a\n    when: [{ label: x, equals: y }]\n    set: {}\n",
      /^site\.yaml:4:\d+: .*"equals"; allowed: .*is-not/,
    ],
    [
      "no operator",
      "values:\n  - rule: a\n    when: [{ label: x }]\n    set: {}\n",
      /^site\.yaml:4:\d+: .*exactly one of is, is-not, .*found none/,
    ],
    [
      "an unknown conversion",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: { label: x, convert: upper } }\n",
      /^site\.yaml:4:\d+: .*convert: .*"integer"\|"decimal"/,
    ],
    [
      "a pattern that does not end",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: { label: x, pattern: '{a' } }\n",
      /^site\.yaml:4:\d+: .*unbalanced braces/,
    ],
    [
      "a wrong type",
      "values:\n  - rule: 5\n    set: {}\n",
      /^site\.yaml:3:5: values\.0\.rule: expected string/,
    ],
    ["a missing rule name", "values:\n  - set: {}\n", /^site\.yaml:3:5: values\.0\.rule: expected string/],
    [
      "an unknown lookup",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: { lookup: none-such, path: [a] } }\n",
      /^site\.yaml:4:\d*:? ?.*rule a: unknown lookup none-such; known: .*instance-price/,
    ],
    [
      "an unknown let",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: { let: rate } }\n",
      /^site\.yaml:4: rule a: unknown value rate/,
    ],
    [
      "an unknown device field",
      "values:\n  - rule: a\n    set: { gpu.fluidos.eu/model: { device: name } }\n",
      /^site\.yaml:4: rule a: unknown device field name; known: vendor, /,
    ],
    [
      "a key outside the vocabulary",
      "values:\n  - rule: a\n    set:\n      cost.fluidos.eu/hourlyrate: 3\n",
      /^site\.yaml:5: rule a: cost\.fluidos\.eu\/hourlyrate is no key of the vocabulary; near: cost\.fluidos\.eu\/hourly-rate/,
    ],
    [
      "a key that FLARE makes",
      "values:\n  - rule: a\n    set: { gpu.fluidos.eu/devices: '[]' }\n",
      /^site\.yaml:4: rule a: gpu\.fluidos\.eu\/devices is made by FLARE itself/,
    ],
    [
      "a wrong unit",
      "values:\n  - rule: a\n    set: { gpu.fluidos.eu/memory-per-gpu: 80GHz }\n",
      /^site\.yaml:4: rule a: gpu\.fluidos\.eu\/memory-per-gpu cannot be "80GHz"; expected memory as a quantity/,
    ],
    [
      "a wrong currency",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: euro }\n",
      /^site\.yaml:4: rule a: .*cannot be "euro"; expected an ISO 4217 code/,
    ],
    [
      "a negative price",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/hourly-rate: -1 }\n",
      /^site\.yaml:4: rule a: .*cannot be -1; expected a decimal number/,
    ],
    [
      "a product of impossible figures",
      "catalogue:\n  vendor: nvidia\n  products:\n    - { model: nvidia-x, cores: -5 }\n",
      /^site\.yaml:5:\d+: catalogue\.products\.0\.cores: /,
    ],
    [
      "an unknown tier",
      "catalogue:\n  vendor: nvidia\n  products:\n    - { model: nvidia-x, tier: gold }\n",
      /^site\.yaml:5:\d+: catalogue\.products\.0\.tier: expected one of "premium"\|"standard"/,
    ],
    [
      "a let with the name of a capture",
      "devices:\n  - rule: a\n    vendor: nvidia\n    each: { resource: 'x/{id}' }\n    let: { id: x }\n    resource: 'x/{id}'\n",
      /^site\.yaml:3: rule a: let id has the name of a capture/,
    ],
    [
      "an alias bomb",
      `lookups:\n  a: &a { x: 1, y: 1 }\n  b: &b { p: *a, q: *a }\n  c: { p: *b, q: *b }\n`,
      /^site\.yaml: YAML aliases are not allowed/,
    ],
    ["too deep a nesting", `lookups: ${"{a: ".repeat(20_000)}1${"}".repeat(20_000)}\n`, /^site\.yaml: /],
    [
      "too large a file",
      `# ${"x".repeat(2 * 1024 * 1024)}\n`,
      /^site\.yaml: \d+ characters; a table may have 2097152/,
    ],
    ["a list for a table", "- a\n", /^site\.yaml:/],
    [
      "an empty lookup path",
      "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: { lookup: regions } }\n",
      /^site\.yaml:4: rule a: lookup regions needs a path/,
    ],
  ])("%s", (_name, text, expected) => {
    const problems = problemsOf(text);
    expect(
      problems.some((problem) => expected.test(problem)),
      problems.join("\n"),
    ).toBe(true);
    // A union's branches are not poured out over the author.
    expect(problems.length).toBeLessThan(5);
    for (const problem of problems) expect(problem.length).toBeLessThan(700);
  });

  test("an empty file and a scalar are refused, too", () => {
    for (const text of ["", "5", "null"])
      expect(parseTable({ file: "f", text, origin: "site" }).ok).toBe(false);
  });

  test("all faults of a table are told at once", () => {
    expect(
      problemsOf(
        "values:\n  - rule: a\n    set: { cost.fluidos.eu/currency: { let: x } }\n  - rule: b\n    set: { cost.fluidos.eu/currency: { let: y } }\n",
      ),
    ).toHaveLength(2);
  });

  test("a key named __proto__ changes nothing", () => {
    expect(problemsOf("lookups: { a: { __proto__: { polluted: 1 } } }\n").length).toBeLessThan(2);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

const H100 = nodeFacts({
  labels: {
    "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
    "nvidia.com/gpu.count": "8",
    "site/rack": "r1",
  },
  allocatable: { "nvidia.com/gpu": "8" },
});
const mapped = (text: string, facts = H100): Readonly<Record<string, string>> =>
  gpu(mapNode(tablesWith(ABOUT + text), facts, { aliases: false }));

describe("a site's tables stand before the built-in ones", () => {
  test("its rules win", () => {
    const site =
      "values:\n  - rule: ours\n    set: { cost.fluidos.eu/hourly-rate: 10.5, cost.fluidos.eu/currency: EUR }\n";
    expect(mapped(site)).toMatchObject({
      "cost.fluidos.eu/hourly-rate": "10.5",
      "cost.fluidos.eu/currency": "EUR",
    });
  });
  test("where its condition does not hold the built-in rule speaks, with its currency", () => {
    const site =
      "values:\n  - rule: ours\n    when: [{ label: site/rack, is: r2 }]\n    set: { cost.fluidos.eu/currency: EUR, cost.fluidos.eu/hourly-rate: 1 }\n";
    expect(mapped(site)).toMatchObject({
      "cost.fluidos.eu/hourly-rate": "38.24",
      "cost.fluidos.eu/currency": "USD",
    });
  });
  test("a rate without a currency gets none from the built-in list", () => {
    const site = "values:\n  - rule: ours\n    set: { cost.fluidos.eu/hourly-rate: 1 }\n";
    expect(mapped(site)["cost.fluidos.eu/currency"]).toBeUndefined();
  });
  test("it adds a price of a model, and leaves the others", () => {
    const site = "lookups: { model-price: { nvidia-h100: { sxm5-80gb: 2 } } }\n";
    expect(mapped(site)["cost.fluidos.eu/hourly-rate"]).toBe("16");
    const pcie = nodeFacts({ ...H100, labels: { "nvidia.com/gpu.product": "NVIDIA-H100-PCIe" } });
    expect(mapped(site, pcie)["cost.fluidos.eu/hourly-rate"]).toBe("34.32");
  });
  test("it overrides one figure of one variant", () => {
    const site =
      "catalogue:\n  vendor: nvidia\n  products:\n    - model: nvidia-h100\n      variants: [{ variant: sxm5-80gb, tdp-watts: 650 }]\n";
    expect(mapped(site)).toMatchObject({
      "energy.fluidos.eu/tdp-watts": "650",
      cores: "16896",
      variant: "sxm5-80gb",
    });
  });
  test("it overrides one figure of all variants", () => {
    const site = "catalogue:\n  vendor: nvidia\n  products: [{ model: nvidia-h100, tier: standard }]\n";
    expect(mapped(site)).toMatchObject({ tier: "standard", variant: "sxm5-80gb", cores: "16896" });
  });
  test("it adds a product", () => {
    const site =
      "catalogue:\n  vendor: nvidia\n  products:\n    - { model: nvidia-x9, aliases: [FUTURE 9000], tier: premium, architecture: rubin, memory-gi: 512 }\n";
    const node = nodeFacts({
      labels: { "nvidia.com/gpu.product": "NVIDIA-FUTURE-9000", "nvidia.com/gpu.count": "1" },
    });
    expect(mapped(site, node)).toMatchObject({
      model: "nvidia-x9",
      tier: "premium",
      "memory-per-gpu": "512Gi",
    });
  });
  test("it adds devices of a vendor that FLARE does not know", () => {
    const site = [
      "catalogue: { vendor: custom, products: [{ model: custom-npu, aliases: [NPU 1], memory-gi: 32, tier: inference }] }",
      "devices: [{ rule: npu, vendor: custom, each: { resource: example.com/npu }, resource: '{key}', product: NPU 1 }]",
      "",
    ].join("\n");
    expect(mapped(site, nodeFacts({ allocatable: { "example.com/npu": "4" } }))).toMatchObject({
      vendor: "custom",
      model: "custom-npu",
      count: "4",
      "memory-per-gpu": "32Gi",
    });
  });
  test("the let of a table serves all of its rules, and a rule's own wins", () => {
    const site = [
      "let: { rack: { label: site/rack } }",
      "values:",
      "  - { rule: a, set: { provider.fluidos.eu/name: 'rack {rack}' } }",
      "  - { rule: b, let: { rack: own }, set: { location.fluidos.eu/zone: { let: rack } } }",
      "",
    ].join("\n");
    expect(mapped(site)).toMatchObject({
      "provider.fluidos.eu/name": "rack r1",
      "location.fluidos.eu/zone": "own",
    });
  });
  test("a key's value may depend on the rule that decided another, whichever table comes first", () => {
    const site =
      "values:\n  - rule: listed\n    when: [{ rule-of: cost.fluidos.eu/hourly_rate, is: model-list-price }]\n    set: { network.fluidos.eu/tier: basic }\n";
    expect(mapped(site)["network.fluidos.eu/tier"]).toBe("basic");
  });
  test("a value that a node makes invalid is reported and the next rule asked", () => {
    const site = "values:\n  - rule: ours\n    set: { location.fluidos.eu/region: { label: site/place } }\n";
    const node = nodeFacts({
      ...H100,
      labels: { ...H100.labels, "site/place": "Nowhere!", "topology.kubernetes.io/region": "eu-1" },
    });
    const result = mapNode(tablesWith(ABOUT + site), node);
    expect(result.annotations["location.fluidos.eu/region"]).toBe("eu-1");
    expect(result.problems.find(({ code }) => code === "invalid-value")?.message).toMatch(
      /rule ours \(site-0\.yaml:4\)/,
    );
  });
});

describe("the built-in tables", () => {
  test("compile without a fault", () => expect(compileTables(builtInSources()).ok).toBe(true));

  test("mean the same after they were written as JSON, as the bundle has them", () => {
    const round = compileParsed(JSON.parse(JSON.stringify(builtInTables())));
    if (!round.ok) throw new Error(round.problems.join("\n"));
    expect(round.tables.version).toBe(builtIn().version);
    for (const { facts } of fixtureNodes())
      expect(mapNode(round.tables, facts, { explain: true })).toEqual(
        mapNode(builtIn(), facts, { explain: true }),
      );
  });

  test("have another version when a site adds to them", () => {
    expect(tablesWith(`${ABOUT}lookups: { a: { b: 1 } }\n`).version).not.toBe(builtIn().version);
  });
});
