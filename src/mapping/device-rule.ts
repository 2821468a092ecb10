import { compileConditions } from "./condition.ts";
import type { Context } from "./context.ts";
import { compileExpression } from "./expression.ts";
import type { DraDevice } from "./facts.ts";
import { type KeyMatcher, keyMatcher } from "./key-matcher.ts";
import { numberOf } from "./label-index.ts";
import { compileLets } from "./lets.ts";
import { walk } from "./lookup.ts";
import { compileNeeds } from "./needs.ts";
import { type Captures, captureNames } from "./pattern.ts";
import type { DeviceRule, Expression } from "./schema.ts";
import type { Evaluate, Lets, Scope, Test } from "./scope.ts";

/** What a rule may tell of a group of devices, beside its count and sharing. */
export const FIELDS = [
  "product",
  "pci-id",
  "memory-gi",
  "nominal-gi",
  "profile",
  "slices",
  "units",
  "physical",
  "compute-capability",
  "architecture",
  "sharing-capable",
  "mig-capable",
  "variant",
] as const;
export type FieldName = (typeof FIELDS)[number];

/** A device rule, ready to run. */
export interface CompiledDeviceRule {
  readonly rule: string;
  readonly vendor: string;
  readonly at: string;
  readonly unlessFound: boolean;
  readonly splitsResource: boolean;
  readonly excessIsSharing: boolean;
  /** Devices come from ResourceSlices: what the kubelet calls allocatable says nothing of them. */
  readonly dra: boolean;
  /** PCI-SIG id of the vendor, by the lookup `pci-vendor`. */
  readonly pciVendor: string | undefined;
  /** Whether the node has anything of what the rule cannot do without. */
  readonly needed: Test;
  readonly bindings: (scope: Scope) => readonly Binding[];
  readonly lets: Lets;
  readonly when: Test;
  readonly resource: Evaluate;
  readonly count: Evaluate | undefined;
  readonly replicas: Evaluate | undefined;
  readonly sharing: Evaluate | undefined;
  readonly fields: readonly (readonly [FieldName, Evaluate])[];
}

/** One application of a rule: the captures of `each`, and the DRA device where it goes over those. */
export interface Binding {
  readonly captures: Captures;
  readonly dra?: DraDevice;
}

const ONCE: readonly Binding[] = [{ captures: {} }];
const NONE: readonly Binding[] = [];
const NO_KEYS: readonly string[] = [];

/** Compiles one device rule. */
export function compileDeviceRule(rule: DeviceRule, at: string, outer: Context): CompiledDeviceRule {
  const { lets, context } = compileLets(capturesOf(rule.each), rule.let, outer);
  const maybe = (expression: Expression | undefined): Evaluate | undefined =>
    expression === undefined ? undefined : compileExpression(expression, context);
  return {
    rule: rule.rule,
    vendor: rule.vendor,
    at,
    unlessFound: rule["unless-found"] ?? false,
    splitsResource: rule["splits-resource"] ?? false,
    excessIsSharing: rule["excess-is-sharing"] ?? false,
    dra: rule.each?.dra !== undefined,
    pciVendor: pciVendorOf(rule.vendor, context),
    needed: compileNeeds(rule.when, rule.let, context),
    bindings: compileEach(rule.each, context),
    lets,
    when: compileConditions(rule.when, context),
    resource: compileExpression(rule.resource, context),
    count: maybe(rule.count),
    replicas: maybe(rule.replicas),
    sharing: maybe(rule.sharing),
    fields: FIELDS.flatMap((name) => {
      const evaluate = maybe(rule[name]);
      return evaluate ? [[name, evaluate] as const] : [];
    }),
  };
}

function pciVendorOf(vendor: string, context: Context): string | undefined {
  const tree = context.lookups.get("pci-vendor")?.tree;
  const id = tree && walk(tree, [vendor]);
  return typeof id === "string" ? id : undefined;
}

type Each = NonNullable<DeviceRule["each"]>;
const patternsOf = (patterns: string | readonly string[] | undefined): readonly string[] =>
  [patterns ?? []].flat();

/** Names that `each` gives to a rule: what its patterns capture, and the `key` that matched. */
function capturesOf(each: Each | undefined): readonly string[] {
  if (!each || each.dra !== undefined) return [];
  const patterns = [...patternsOf(each.resource), ...patternsOf(each.label)];
  return [...new Set(["key", ...patterns.flatMap(captureNames)])];
}

function compileEach(
  each: DeviceRule["each"],
  { labels: asked }: Context,
): (scope: Scope) => readonly Binding[] {
  if (!each) return () => ONCE;
  if (each.dra !== undefined) return overDra(each.dra);
  const resources = patternsOf(each.resource).map(keyMatcher);
  const labels = patternsOf(each.label)
    .map(keyMatcher)
    .map((matcher) => ({ ...matcher, number: numberOf(matcher.prefix, asked.prefixes) }));
  const assumed: readonly Binding[] = each.assume === undefined ? NONE : [{ captures: { key: each.assume } }];
  return (scope) => {
    const { allocatable } = scope.facts;
    if (allocatable && resources.length > 0) return matchingResources(allocatable, resources);
    return assumed.length > 0 ? assumed : matchingLabels(scope, labels);
  };
}

const overDra =
  (driver: string) =>
  ({ facts }: Scope): readonly Binding[] =>
    (facts.draDevices ?? [])
      .filter((device) => device.driver === driver)
      .map((dra) => ({ captures: {}, dra }));

/** Resources that match; what is `0` is not there. */
function matchingResources(
  allocatable: Readonly<Record<string, string>>,
  matchers: readonly KeyMatcher[],
): readonly Binding[] {
  let bindings: Binding[] | undefined;
  for (const key in allocatable) {
    if (allocatable[key] === "0") continue;
    for (const { match } of matchers) bindings = withBinding(bindings, key, match(key));
  }
  return bindings?.sort(byKey) ?? NONE;
}

function matchingLabels(
  { labels, facts }: Scope,
  matchers: readonly (KeyMatcher & { readonly number: number })[],
): readonly Binding[] {
  let bindings: Binding[] | undefined;
  for (const { number, match } of matchers) {
    for (const key of labels.keys[number] ?? NO_KEYS) {
      if (facts.labels[key] !== "0") bindings = withBinding(bindings, key, match(key));
    }
  }
  return bindings?.sort(byKey) ?? NONE;
}

/** A key that several patterns match is bound once, by the first of them. */
function withBinding(
  bindings: Binding[] | undefined,
  key: string,
  captures: Captures | undefined,
): Binding[] | undefined {
  if (!captures || bindings?.some((binding) => binding.captures.key === key)) return bindings;
  return [...(bindings ?? []), { captures: { ...captures, key } }];
}

const byKey = (left: Binding, right: Binding): number =>
  (left.captures.key ?? "") < (right.captures.key ?? "") ? -1 : 1;
