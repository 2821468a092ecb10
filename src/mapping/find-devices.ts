import { type Count, settleCount } from "./count.ts";
import { type CompiledDeviceRule, FIELDS, type FieldName } from "./device-rule.ts";
import type { Problem, Sharing } from "./result.ts";
import { type Evaluate, enterRule, type FieldOrigin, type Scalar, type Scope } from "./scope.ts";

/** Devices as the rules found them, before the catalogue is asked. */
export interface FoundGroup {
  readonly vendor: string;
  readonly resource: string;
  readonly count: number;
  readonly replicas: number;
  readonly sharing: Sharing;
  readonly fields: Readonly<Record<FieldName, Scalar | undefined>>;
  /** Names of fields that are not told by the node itself. */
  readonly inferred: ReadonlySet<string>;
  readonly origins: Readonly<Record<string, FieldOrigin>> | undefined;
  readonly rule: string;
  readonly at: string;
}

/** More groups on one node than any hardware has; the rest is reported, not published. */
const MAX_GROUPS = 64;
const SHARINGS: readonly string[] = ["none", "mig", "time-slicing", "mps", "sriov"];

/** Runs the rules in order. A resource belongs to the first rule that finds devices of it. */
export function findDevices(
  rules: readonly CompiledDeviceRule[],
  scope: Scope,
  problems: Problem[],
): readonly FoundGroup[] {
  const groups: FoundGroup[] = [];
  const owners = new Map<string, CompiledDeviceRule>();
  const vendors = new Set<string>();
  for (const rule of rules) {
    if (rule.unlessFound && vendors.has(rule.vendor)) continue;
    const found = applyRule(rule, scope, problems).filter(
      (group) => (owners.get(group.resource) ?? rule) === rule,
    );
    for (const group of found) {
      owners.set(group.resource, rule);
      addGroup(groups, group);
    }
    if (found.length > 0) vendors.add(rule.vendor);
  }
  if (groups.length <= MAX_GROUPS) return groups;
  problems.push({
    code: "too-large",
    severity: "error",
    subject: scope.facts.name,
    message: `node ${scope.facts.name} has ${groups.length} groups of devices; the first ${MAX_GROUPS} are published`,
  });
  return groups.slice(0, MAX_GROUPS);
}

function applyRule(rule: CompiledDeviceRule, scope: Scope, problems: Problem[]): readonly FoundGroup[] {
  return rule.bindings(scope).flatMap((binding) => {
    enterRule(scope, binding.captures, rule.lets);
    scope.dra = binding.dra;
    if (!rule.when(scope)) return [];
    return groupsOf(rule, scope, problems);
  });
}

/** Evaluates with fresh marks and gives them back beside the value. */
export function traced(
  scope: Scope,
  evaluate: Evaluate,
): readonly [Scalar | undefined, { inferred: boolean; facts: readonly string[] }] {
  const { trace } = scope;
  scope.inferred = false;
  if (trace) trace.length = 0;
  const value = evaluate(scope);
  return [value, { inferred: scope.inferred, facts: trace ? [...trace] : NO_FACTS }];
}
const NO_FACTS: readonly string[] = [];

function groupsOf(rule: CompiledDeviceRule, scope: Scope, problems: Problem[]): readonly FoundGroup[] {
  const resource = rule.resource(scope);
  if (resource === undefined) return [];
  const inferred = new Set<string>();
  const origins: Record<string, FieldOrigin> | undefined = scope.trace ? {} : undefined;
  const read = (name: string, evaluate: Evaluate | undefined): Scalar | undefined => {
    if (!evaluate) return undefined;
    const [value, origin] = traced(scope, evaluate);
    if (value !== undefined && origin.inferred) inferred.add(name);
    if (value !== undefined && origins) origins[name] = { ...origin, rule: rule.rule, at: rule.at };
    return value;
  };
  const sharing = asSharing(read("sharing", rule.sharing));
  const counted = countOf(rule, scope, String(resource), sharing, read);
  if (!counted) return [];
  if (counted.problem) problems.push({ ...counted.problem, severity: "warning", subject: String(resource) });
  if (counted.inferred) inferred.add("count");
  if (origins) origins.count = countOrigin(rule, scope, String(resource), origins, counted.inferred);
  const fields = Object.fromEntries(
    rule.fields.map(([name, evaluate]) => [name, read(name, evaluate)]),
  ) as FoundGroup["fields"];
  const group: FoundGroup = {
    vendor: rule.vendor,
    resource: String(resource),
    count: counted.count,
    replicas: counted.replicas,
    sharing: counted.hiddenSharing ? "time-slicing" : sharing,
    fields,
    inferred,
    origins,
    rule: rule.rule,
    at: rule.at,
  };
  return counted.unknown > 0 ? [group, unknownGroup(group, counted.unknown)] : [group];
}

function countOrigin(
  { rule, at }: CompiledDeviceRule,
  { facts }: Scope,
  resource: string,
  origins: Readonly<Record<string, FieldOrigin>>,
  inferred: boolean,
): FieldOrigin {
  const allocatable = facts.allocatable && ownValue(facts.allocatable, resource);
  const read = [...(origins.count?.facts ?? []), ...(origins.replicas?.facts ?? [])];
  return {
    rule,
    at,
    inferred,
    facts: allocatable === undefined ? read : [...read, `allocatable ${resource}=${allocatable}`],
  };
}

function countOf(
  rule: CompiledDeviceRule,
  scope: Scope,
  resource: string,
  sharing: Sharing,
  read: (name: string, evaluate: Evaluate | undefined) => Scalar | undefined,
): Count | undefined {
  const { allocatable, hardware } = scope.facts;
  const count = wholeNumber(read("count", rule.count));
  if (rule.splitsResource) return splitCount(allocatable && (ownValue(allocatable, resource) ?? "0"), count);
  const seen = hardware?.gpus.filter((gpu) => gpu.vendor === rule.pciVendor).length || undefined;
  return settleCount({
    slots: rule.dra ? undefined : allocatable && wholeNumber(ownValue(allocatable, resource) ?? "0"),
    count,
    replicas: wholeNumber(read("replicas", rule.replicas)),
    shared: sharing === "time-slicing" || sharing === "mps",
    seen: rule.excessIsSharing ? count : seen,
  });
}

/** Groups that share a resource have the labels' counts, as long as the resource is there at all. */
function splitCount(allocatable: string | undefined, count: number | undefined): Count | undefined {
  if (allocatable === "0" || !count) return undefined;
  return { count, replicas: 1, inferred: false, unknown: 0, hiddenSharing: false };
}

const ownValue = (map: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

function wholeNumber(value: Scalar | undefined): number | undefined {
  const text = String(value ?? "");
  // More digits than any node has GPUs is no count.
  return /^[0-9]{1,4}$/.test(text) ? Number(text) : undefined;
}

const asSharing = (value: Scalar | undefined): Sharing =>
  value !== undefined && SHARINGS.includes(String(value)) ? (String(value) as Sharing) : "none";

/** Devices of the same resource that the labels say nothing of: they exist, and nothing else is known. */
function unknownGroup(group: FoundGroup, count: number): FoundGroup {
  const fields = Object.fromEntries(FIELDS.map((name) => [name, undefined])) as FoundGroup["fields"];
  return { ...group, count, fields, inferred: new Set(["count"]), origins: group.origins && {} };
}

/** Equal devices found one by one (DRA lists each) become one group. */
function addGroup(groups: FoundGroup[], group: FoundGroup): void {
  const twin = groups.findIndex((other) => other.rule === group.rule && sameDevices(other, group));
  const found = groups[twin];
  if (found) groups[twin] = { ...found, count: found.count + group.count };
  else groups.push(group);
}

const sameDevices = (left: FoundGroup, right: FoundGroup): boolean =>
  left.resource === right.resource &&
  left.replicas === right.replicas &&
  left.sharing === right.sharing &&
  FIELDS.every((name) => left.fields[name] === right.fields[name]);
