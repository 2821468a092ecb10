import { type Count, settleCount } from "./count.ts";
import { type CompiledDeviceRule, FIELDS } from "./device-rule.ts";
import { type FoundGroup, NO_FIELDS, ownValue, slotsOf, unknownGroup, wholeNumber } from "./found-group.ts";
import type { Problem, Sharing } from "./result.ts";
import {
  type Evaluate,
  enterRule,
  evaluateAlone,
  type FieldOrigin,
  readFacts,
  type Scalar,
  type Scope,
} from "./scope.ts";
import { fitSplitGroups } from "./split-counts.ts";

/** More groups on one node than any hardware has; the rest is reported, not published. */
const MAX_GROUPS = 64;
const SHARINGS: readonly string[] = ["none", "mig", "time-slicing", "mps", "sriov"];

/** Runs the rules in order. A resource belongs to the first rule that finds devices of it. */
export function findDevices(
  rules: readonly CompiledDeviceRule[],
  scope: Scope,
  problems: Problem[],
): readonly FoundGroup[] {
  let groups: FoundGroup[] = [];
  const owners = new Map<string, CompiledDeviceRule>();
  const vendors = new Set<string>();
  for (const rule of rules) {
    if (rule.unlessFound && vendors.has(rule.vendor)) continue;
    for (const group of applyRule(rule, scope, problems)) {
      if ((owners.get(group.resource) ?? rule) !== rule) continue;
      owners.set(group.resource, rule);
      vendors.add(rule.vendor);
      addGroup(groups, group);
    }
  }
  groups = fitSplitGroups(groups, scope, problems);
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
  if (!rule.needed(scope)) return NO_GROUPS;
  const bindings = rule.bindings(scope);
  if (bindings.length === 0) return NO_GROUPS;
  const groups: FoundGroup[] = [];
  for (const binding of bindings) {
    enterRule(scope, rule.lets, binding.captures);
    scope.dra = binding.dra;
    if (rule.when(scope)) groups.push(...groupsOf(rule, scope, problems));
  }
  return groups;
}
const NO_GROUPS: readonly FoundGroup[] = [];

/** Reads the fields of one group and notes what is inferred and, when explaining, where each came from. */
interface Reader {
  readonly read: (name: string, evaluate: Evaluate | undefined) => Scalar | undefined;
  readonly inferred: Set<string>;
  readonly origins: Record<string, FieldOrigin> | undefined;
}

function readerOf({ rule, at }: CompiledDeviceRule, scope: Scope): Reader {
  const inferred = new Set<string>();
  const origins: Record<string, FieldOrigin> | undefined = scope.trace ? {} : undefined;
  const read: Reader["read"] = (name, evaluate) => {
    const value = evaluate && evaluateAlone(scope, evaluate);
    if (value === undefined) return undefined;
    if (scope.inferred) inferred.add(name);
    if (origins) origins[name] = { facts: readFacts(scope), inferred: scope.inferred, rule, at };
    return value;
  };
  return { read, inferred, origins };
}

function groupsOf(rule: CompiledDeviceRule, scope: Scope, problems: Problem[]): readonly FoundGroup[] {
  const named = rule.resource(scope);
  if (named === undefined) return NO_GROUPS;
  const resource = String(named);
  const { read, inferred, origins } = readerOf(rule, scope);
  const sharing = asSharing(read("sharing", rule.sharing));
  const counted = countOf(rule, scope, resource, sharing, read);
  if (!counted) return NO_GROUPS;
  if (counted.problem) problems.push(aboutCount(counted.problem, resource, scope));
  if (counted.inferred) inferred.add("count");
  if (origins) origins.count = countOrigin(rule, scope, resource, origins, counted.inferred);
  const fields = { ...NO_FIELDS };
  for (const [name, evaluate] of rule.fields) fields[name] = read(name, evaluate);
  const group: FoundGroup = {
    vendor: rule.vendor,
    resource,
    count: counted.count,
    replicas: counted.replicas,
    sharing: counted.hiddenSharing ? "time-slicing" : sharing,
    fields,
    inferred,
    origins,
    rule: rule.rule,
    at: rule.at,
    splits: rule.splitsResource,
  };
  return counted.unknown > 0 ? [group, unknownGroup(group, counted.unknown)] : [group];
}

const aboutCount = (
  { code, message }: NonNullable<Count["problem"]>,
  resource: string,
  { facts }: Scope,
): Problem => ({
  code,
  severity: "warning",
  subject: resource,
  message: `node ${facts.name}: ${resource}: ${message}`,
});

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
  read: Reader["read"],
): Count | undefined {
  const { allocatable, hardware } = scope.facts;
  const count = wholeNumber(read("count", rule.count));
  if (rule.splitsResource) return splitCount(allocatable && slotsOf(allocatable, resource), count);
  const slots = rule.dra ? undefined : allocatable && slotsOf(allocatable, resource);
  const seen = hardware?.gpus.filter((gpu) => gpu.vendor === rule.pciVendor).length || undefined;
  const physical = rule.excessIsSharing ? (count ?? fewer(seen, slots)) : seen;
  return settleCount({
    slots,
    count: count ?? (rule.excessIsSharing ? physical : undefined),
    replicas: wholeNumber(read("replicas", rule.replicas)),
    shared: sharing === "time-slicing" || sharing === "mps",
    seen: physical,
  });
}

/** More slots than GPUs is sharing; as many or fewer says nothing (GPUs of another driver are seen too). */
const fewer = (seen: number | undefined, slots: number | undefined): number | undefined =>
  seen !== undefined && slots !== undefined && seen < slots ? seen : undefined;

/** Groups that share a resource have the labels' counts, as long as the resource is there at all. */
function splitCount(slots: number | undefined, count: number | undefined): Count | undefined {
  if (slots === 0 || !count) return undefined;
  return { count, replicas: 1, inferred: false, unknown: 0, hiddenSharing: false };
}

const asSharing = (value: Scalar | undefined): Sharing =>
  value !== undefined && SHARINGS.includes(String(value)) ? (String(value) as Sharing) : "none";

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
