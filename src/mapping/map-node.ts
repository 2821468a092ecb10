import {
  FLUIDOS_RESOURCES_LABEL,
  GPU_NODE_LABEL,
  type Key,
  REQUIRED_KEYS,
  rowOf,
} from "../vocabulary/keys.ts";
import { type Chosen, chooseValues } from "./choose-values.ts";
import { entryOf, isWhole, viewOf } from "./device-view.ts";
import type { NodeFacts } from "./facts.ts";
import { findDevices } from "./find-devices.ts";
import { findProblems, unofferedHardware } from "./node-problems.ts";
import { type ResolvedGroup, resolveGroup } from "./resolve.ts";
import type { DeviceGroup, MappingResult, Problem, Provenance } from "./result.ts";
import { type DeviceView, type Scope, scopeOf } from "./scope.ts";
import { sharePhysical } from "./share-physical.ts";
import { annotationsOf, emptyRows, inferredKeys, type Rows } from "./spelling.ts";
import type { MappingTables } from "./tables.ts";

export interface MapOptions {
  /** Publish the other spellings beside the canonical keys; default true. */
  readonly aliases?: boolean;
  /** Keep where each value came from; costs time and memory. */
  readonly explain?: boolean;
  /** Also set the label that FLUIDOS selects nodes on; default false. */
  readonly fluidosLabel?: boolean;
}

/** The tables' answer for one node: annotations, device groups, problems. Pure; never throws on facts. */
export function mapNode(tables: MappingTables, facts: NodeFacts, options: MapOptions = {}): MappingResult {
  const scope = scopeOf(facts, tables.indexLabels, options.explain === true);
  const problems: Problem[] = [];
  const groups = groupsOf(tables, scope, problems);
  const vendors = new Set(groups.map((group) => group.found.vendor));
  problems.push(...findProblems(tables.problems, scope, vendors));
  problems.push(...unofferedHardware(scope, tables.lookups.get("pci-vendor")?.tree, vendors));
  const [largest] = groups;
  if (!largest) return nothingFound(problems, options);
  for (const group of groups) reportUnknown(group, facts, problems);
  scope.dra = facts.draDevices?.find((device) => device.driver === largest.found.resource);
  scope.devices = groups.map((group) => viewOf(group, tables.scores));
  scope.device = nodeWide(scope.devices[0], groups);
  const devices = groups.map(entryOf);
  const rows = emptyRows();
  scope.rows = rows;
  chooseValues(tables.values, scope, rows, problems);
  addOwnKeys(rows, devices, tables.version);
  reportMissing(rows, problems, facts.name);
  const labels: Record<string, string> = { [GPU_NODE_LABEL]: "true" };
  if (options.fluidosLabel) labels[FLUIDOS_RESOURCES_LABEL] = "true";
  const annotations = annotationsOf(rows, options.aliases ?? true);
  if (!options.explain) return { annotations, labels, devices, problems };
  return { annotations, labels, devices, problems, provenance: provenanceOf(rows) };
}

const nothingFound = (problems: readonly Problem[], { explain }: MapOptions): MappingResult => ({
  annotations: {},
  labels: {},
  devices: [],
  problems,
  ...(explain ? { provenance: [] } : {}),
});

function groupsOf(tables: MappingTables, scope: Scope, problems: Problem[]): readonly ResolvedGroup[] {
  const found = findDevices(tables.devices, scope, problems);
  const groups = found.map((group) => resolveGroup(group, tables.catalogue));
  return groups.length === 0 ? groups : sharePhysical(groups).sort(mostMemoryFirst);
}

/** The core keys describe the group with the most memory in all; then the one with a known model, then by name. */
function mostMemoryFirst(left: ResolvedGroup, right: ResolvedGroup): number {
  const memory = (group: ResolvedGroup): number => (group.memoryGi ?? 0) * group.found.count;
  const known = (group: ResolvedGroup): number => (group.model === undefined ? 0 : 1);
  const name = (group: ResolvedGroup): string => `${group.found.resource} ${group.model} ${group.variant}`;
  return memory(right) - memory(left) || known(right) - known(left) || (name(left) < name(right) ? -1 : 1);
}

/** `dedicated` is a fact of the node: some group has whole GPUs to give. */
function nodeWide(view: DeviceView | undefined, groups: readonly ResolvedGroup[]): DeviceView | undefined {
  if (!view || groups.length === 1) return view;
  return { ...view, fields: { ...view.fields, dedicated: groups.some(isWhole) } };
}

/** Keys that the agent makes itself: the groups, the tables' version, what is inferred. */
function addOwnKeys(rows: Rows, devices: readonly DeviceGroup[], version: string): void {
  const inferred = inferredKeys(rows);
  rows[DEVICES.row] = own(DEVICES.key, JSON.stringify(devices.map(published)));
  rows[MAPPINGS.row] = own(MAPPINGS.key, version);
  if (inferred.length > 0) rows[INFERRED.row] = own(INFERRED.key, inferred.join(","));
}

const ownKey = (key: string): { key: Key; row: number } => ({
  key: { key, type: { kind: "list" }, meaning: "" },
  row: rowOf(key),
});
const DEVICES = ownKey("gpu.fluidos.eu/devices");
const MAPPINGS = ownKey("agent.fluidos.eu/mappings");
const INFERRED = ownKey("agent.fluidos.eu/inferred");
/** An entry has no vendor: its model begins with it. */
const published = (group: DeviceGroup): DeviceEntry => ({
  resource: group.resource,
  model: group.model,
  variant: group.variant,
  profile: group.profile,
  count: group.count,
  memoryGi: group.memoryGi,
  sharing: group.sharing,
  replicas: group.replicas,
});
/** What is undefined is not written. */
type DeviceEntry = {
  readonly [K in Exclude<keyof DeviceGroup, "vendor" | "card">]: DeviceGroup[K] | undefined;
};

const own = (key: Key, value: string): Chosen => ({
  key,
  value,
  inferred: false,
  rule: "agent",
  at: "built in",
  facts: [],
});

function provenanceOf(rows: Rows): Provenance[] {
  return rows
    .flatMap((choice) => (choice ? [choice] : []))
    .map(({ key, facts, ...rest }) => ({ ...rest, key: key.key, facts: [...new Set(facts)] }))
    .sort((left, right) => (left.key < right.key ? -1 : 1));
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

const REQUIRED = REQUIRED_KEYS.map((key) => ({ key, row: rowOf(key) }));

function reportMissing(rows: Rows, problems: Problem[], node: string): void {
  for (const { key, row } of REQUIRED) {
    if (rows[row] !== undefined) continue;
    problems.push({
      code: "missing-required",
      severity: "warning",
      subject: key,
      message: `node ${node}: nothing tells ${key}; set it in a site table, or with kubectl annotate`,
    });
  }
}
