import { missingRequired } from "../vocabulary/annotations.ts";
import { GPU_NODE_LABEL, KEYS, type Key } from "../vocabulary/keys.ts";
import { formatValue, parseValue } from "../vocabulary/values.ts";
import { entryOf, isWhole, viewOf } from "./device-view.ts";
import type { NodeFacts } from "./facts.ts";
import { findDevices, traced } from "./find-devices.ts";
import { findProblems, unofferedHardware } from "./node-problems.ts";
import { type ResolvedGroup, resolveGroup, sharePhysical } from "./resolve.ts";
import type { MappingResult, Problem, Provenance } from "./result.ts";
import { type DeviceView, enterRule, type Scope, scopeOf } from "./scope.ts";
import type { MappingTables, ValueCandidate } from "./tables.ts";

export interface MapOptions {
  /** Publish the other spellings beside the canonical keys; default true. */
  readonly aliases?: boolean;
  /** Keep where each value came from; costs time and memory. */
  readonly explain?: boolean;
}

/** The tables' answer for one node: annotations, device groups, problems. Pure; never throws on facts. */
export function mapNode(tables: MappingTables, facts: NodeFacts, options: MapOptions = {}): MappingResult {
  const scope = scopeOf(facts, options.explain === true);
  const problems: Problem[] = [];
  const found = findDevices(tables.devices, scope, problems);
  const groups = sharePhysical(found.map((group) => resolveGroup(group, tables.catalogue))).sort(
    mostMemoryFirst,
  );
  const vendors = new Set(groups.map((group) => group.found.vendor));
  problems.push(...findProblems(tables.problems, scope, vendors));
  problems.push(...unofferedHardware(scope, tables.lookups.get("pci-vendor")?.tree, vendors));
  const [largest] = groups;
  if (!largest)
    return {
      annotations: {},
      labels: {},
      devices: [],
      problems,
      ...(options.explain ? { provenance: [] } : {}),
    };
  for (const group of groups) reportUnknown(group, facts, problems);
  scope.dra = facts.draDevices?.find((device) => device.driver === largest.found.resource);
  scope.devices = groups.map((group) => viewOf(group, tables.scores));
  scope.device = nodeWide(scope.devices[0], groups);
  const chosen = chooseValues(tables, scope, problems, facts.name);
  chosen.push(...ownKeys(groups, tables, chosen));
  const canonical: Record<string, string> = {};
  for (const { key, value } of chosen) canonical[key.key] = value;
  reportMissing(canonical, problems, facts.name);
  return {
    annotations: spelledOut(canonical, options.aliases ?? true),
    labels: { [GPU_NODE_LABEL]: "true" },
    devices: groups.map(entryOf),
    problems,
    ...(options.explain ? { provenance: chosen.map(provenanceOf).sort(byKey) } : {}),
  };
}

const NO_CAPTURES = {};

interface Chosen {
  readonly key: Key;
  readonly value: string;
  readonly inferred: boolean;
  readonly rule: string;
  readonly at: string;
  readonly facts: readonly string[];
}

const provenanceOf = ({ key, facts, ...rest }: Chosen): Provenance => ({
  ...rest,
  key: key.key,
  facts: [...new Set(facts)],
});
const byKey = (left: Provenance, right: Provenance): number => (left.key < right.key ? -1 : 1);

/** The core keys describe the group with the most memory in all; then the one with a known model, then by name. */
function mostMemoryFirst(left: ResolvedGroup, right: ResolvedGroup): number {
  const memory = (group: ResolvedGroup): number => (group.memoryGi ?? 0) * group.found.count;
  const known = (group: ResolvedGroup): number => (group.model === undefined ? 0 : 1);
  return (
    memory(right) - memory(left) ||
    known(right) - known(left) ||
    (left.found.resource < right.found.resource ? -1 : 1)
  );
}

/** `dedicated` is a fact of the node: some group has whole GPUs to give. */
function nodeWide(view: DeviceView | undefined, groups: readonly ResolvedGroup[]): DeviceView | undefined {
  if (!view || groups.length === 1) return view;
  return { ...view, fields: { ...view.fields, dedicated: groups.some(isWhole) } };
}

function chooseValues(tables: MappingTables, scope: Scope, problems: Problem[], node: string): Chosen[] {
  const chosen: Chosen[] = [];
  for (const { key, candidates } of tables.values) {
    for (const candidate of candidates) {
      const found = tryCandidate(key, candidate, scope, problems, node);
      if (!found) continue;
      chosen.push(found);
      scope.decided.set(key.key, candidate.rule);
      break;
    }
  }
  return chosen;
}

function tryCandidate(
  key: Key,
  candidate: ValueCandidate,
  scope: Scope,
  problems: Problem[],
  node: string,
): Chosen | undefined {
  // The keys of one rule share its `let` values.
  if (scope.pending !== candidate.lets) enterRule(scope, NO_CAPTURES, candidate.lets);
  if (!candidate.when(scope)) return undefined;
  const [raw, origin] = traced(scope, candidate.evaluate);
  if (raw === undefined) return undefined;
  // Arithmetic leaves more digits than anybody measured.
  const text = typeof raw === "number" ? String(Math.round(raw * 1e6) / 1e6) : String(raw);
  const parsed = parseValue(key.type, text);
  if (!parsed.ok) {
    problems.push({
      code: "invalid-value",
      severity: "warning",
      subject: key.key,
      message: `node ${node}: rule ${candidate.rule} (${candidate.at}) gives ${key.key} the value ${JSON.stringify(text.slice(0, 80))}; expected ${parsed.expected}`,
    });
    return undefined;
  }
  const value = formatValue(key.type, parsed.value);
  const inferred = origin.inferred;
  const { rule, at } = candidate;
  return { key, value, inferred, rule, at, facts: origin.facts };
}

/** Keys that the agent makes itself: the groups, the tables' version, what is inferred. */
function ownKeys(
  groups: readonly ResolvedGroup[],
  tables: MappingTables,
  chosen: readonly Chosen[],
): Chosen[] {
  const inferred = chosen
    .filter((choice) => choice.inferred)
    .map((choice) => choice.key.key)
    .sort();
  const devices = groups.map(entryOf).map(({ vendor: _vendor, ...entry }) => entry);
  const own = (name: string, value: string): Chosen => ({
    key: { key: name, type: { kind: "list" }, meaning: "" },
    value,
    inferred: false,
    rule: "agent",
    at: "built in",
    facts: [],
  });
  return [
    own("gpu.fluidos.eu/devices", JSON.stringify(devices)),
    own("agent.fluidos.eu/mappings", tables.version),
    ...(inferred.length > 0 ? [own("agent.fluidos.eu/inferred", inferred.join(","))] : []),
  ];
}

/** Every spelling of the vocabulary with its canonical key, in order, so that nothing is sorted for each node. */
const SPELLINGS: readonly (readonly [spelling: string, canonical: string])[] = (KEYS as readonly Key[])
  .flatMap((row) => [row.key, ...(row.aliases ?? [])].map((spelling) => [spelling, row.key] as const))
  .sort(([left], [right]) => (left < right ? -1 : 1));

function spelledOut(canonical: Readonly<Record<string, string>>, aliases: boolean): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const [spelling, key] of SPELLINGS) {
    const value = canonical[key];
    if (value !== undefined && (aliases || spelling === key)) annotations[spelling] = value;
  }
  return annotations;
}

function reportUnknown(group: ResolvedGroup, facts: NodeFacts, problems: Problem[]): void {
  if (group.model !== undefined) return;
  const product = group.found.fields.product ?? group.found.fields["pci-id"];
  problems.push({
    code: "unknown-product",
    severity: "warning",
    subject: product === undefined ? group.found.resource : String(product),
    message:
      product === undefined
        ? `node ${facts.name}: no label tells what ${group.found.resource} is; is the vendor's labeller running?`
        : `node ${facts.name}: the catalogue does not know ${JSON.stringify(String(product))}; add it in a site table under catalogue.products`,
  });
}

function reportMissing(canonical: Readonly<Record<string, string>>, problems: Problem[], node: string): void {
  for (const key of missingRequired(canonical)) {
    problems.push({
      code: "missing-required",
      severity: "warning",
      subject: key,
      message: `node ${node}: nothing tells ${key}; set it in a site table, or with kubectl annotate`,
    });
  }
}
