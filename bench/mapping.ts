/**
 * Nodes per second through the mapping tables, on one core. Time is CPU time of this process (process.cpuUsage, user and
 * system, garbage collection included), because wall time on a shared machine measures the neighbours.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { NodeFacts } from "../src/mapping/facts.ts";
import { type MapOptions, mapNode } from "../src/mapping/map-node.ts";
import { parseTable } from "../src/mapping/parse-table.ts";
import { compileParsed, type MappingTables } from "../src/mapping/tables.ts";
import { collectedNodes, fixtureNodes } from "../test/unit/mapping/real-nodes.ts";
import { builtInSources, builtInTables } from "../test/unit/mapping/tables.ts";
import { median, printResult, saveResult } from "./support/figures.ts";

const { values } = parseArgs({
  options: { json: { type: "string" }, rounds: { type: "string", default: "9" } },
});
const rounds = Number(values.rounds);

/** CPU seconds of a piece of work. */
function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Nodes per CPU second; each node is a fresh object, as a watch delivers it, so nothing about it can be remembered. */
function rate(
  tables: MappingTables,
  nodes: readonly NodeFacts[],
  passes: number,
  options: MapOptions,
): number {
  const fresh = Array.from({ length: passes }, () => nodes.map(copyOf)).flat();
  const seconds = cpuSeconds(() => {
    for (const facts of fresh) mapNode(tables, facts, options);
  });
  return fresh.length / seconds;
}

const copyOf = (facts: NodeFacts): NodeFacts => ({
  ...facts,
  labels: Object.fromEntries(Object.entries(facts.labels)),
  ...(facts.allocatable ? { allocatable: Object.fromEntries(Object.entries(facts.allocatable)) } : {}),
});

function medianOf(measure: () => number): number {
  measure();
  return median(Array.from({ length: rounds }, measure));
}

const collection = collectedNodes();
const nodes = (collection ?? fixtureNodes()).map(({ facts }) => facts);
const parsed = builtInTables();
const compiled = compileParsed(parsed);
if (!compiled.ok) throw new Error(compiled.problems.join("\n"));
const { tables } = compiled;

const plain = medianOf(() => rate(tables, nodes, 40, {}));
const explained = medianOf(() => rate(tables, nodes, 8, { explain: true }));
const parse = medianOf(() => cpuSeconds(() => builtInSources().forEach(parseTable))) * 1000;
const compile = medianOf(() => cpuSeconds(() => compileParsed(parsed))) * 1000;
const labels = nodes.reduce((sum, facts) => sum + Object.keys(facts.labels).length, 0) / nodes.length;

const result = {
  bench: "mapping",
  conditions: {
    node: process.version,
    cpu: cpus()[0]?.model ?? "unknown",
    nodes: `${nodes.length} ${collection ? "of the collection" : "of fixtures/nodes"}`,
    "labels per node": Math.round(labels),
    rounds,
  },
  figures: [
    { name: "mapping", value: Math.round(plain), unit: "nodes/s", atLeast: 20_000 },
    { name: "mapping with explanations", value: Math.round(explained), unit: "nodes/s" },
    { name: "an explanation costs", value: plain / explained, unit: "times" },
    { name: "one node", value: 1e6 / plain, unit: "us" },
    { name: "parse the tables (YAML)", value: parse, unit: "ms" },
    { name: "compile the tables", value: compile, unit: "ms" },
  ],
};
printResult(result);
await saveResult(result, values.json);
