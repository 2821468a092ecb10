import { compileConditions } from "./condition.ts";
import { type Context, compileExpression, keyMatcher } from "./expression.ts";
import type { DraDevice } from "./facts.ts";
import { walk } from "./lookup.ts";
import type { Captures } from "./pattern.ts";
import type { DeviceRule, Expression } from "./schema.ts";
import type { Evaluate, LetExpressions, Scope, Test } from "./scope.ts";

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
  readonly bindings: (scope: Scope) => readonly Binding[];
  readonly lets: LetExpressions;
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

/** Compiles one device rule. */
export function compileDeviceRule(rule: DeviceRule, at: string, context: Context): CompiledDeviceRule {
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
    bindings: compileEach(rule.each),
    lets: compileLets(rule.let, context),
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

/** The `let` values of a rule, by name. */
export function compileLets(
  lets: Readonly<Record<string, Expression>> | undefined,
  context: Context,
): LetExpressions {
  return new Map(
    Object.entries(lets ?? {}).map(([name, expression]) => [name, compileExpression(expression, context)]),
  );
}

function pciVendorOf(vendor: string, context: Context): string | undefined {
  const tree = context.lookups.get("pci-vendor")?.tree;
  const id = tree && walk(tree, [vendor]);
  return typeof id === "string" ? id : undefined;
}

function compileEach(each: DeviceRule["each"]): (scope: Scope) => readonly Binding[] {
  if (!each) return () => ONCE;
  if (each.dra !== undefined) return overDra(each.dra);
  const resources = matchersOf(each.resource);
  const labels = matchersOf(each.label);
  const assumed: readonly Binding[] = each.assume === undefined ? [] : [{ captures: { key: each.assume } }];
  return ({ facts }) => {
    if (facts.allocatable && resources.length > 0) return matching(facts.allocatable, resources);
    return assumed.length > 0 ? assumed : matching(facts.labels, labels);
  };
}

const overDra =
  (driver: string) =>
  ({ facts }: Scope): readonly Binding[] =>
    (facts.draDevices ?? [])
      .filter((device) => device.driver === driver)
      .map((dra) => ({ captures: {}, dra }));

const matchersOf = (patterns: string | readonly string[] | undefined) =>
  [patterns ?? []].flat().map(keyMatcher);

/** Keys of a map that match, in their order; what is `0` is not there. */
function matching(
  map: Readonly<Record<string, string>>,
  matchers: readonly ((key: string) => Captures | undefined)[],
): readonly Binding[] {
  const bindings: { captures: Captures & { key: string } }[] = [];
  for (const key of Object.keys(map)) {
    const captures = map[key] === "0" ? undefined : firstMatch(key, matchers);
    if (captures) bindings.push({ captures: { ...captures, key } });
  }
  return bindings.sort((left, right) => (left.captures.key < right.captures.key ? -1 : 1));
}

function firstMatch(
  key: string,
  matchers: readonly ((key: string) => Captures | undefined)[],
): Captures | undefined {
  for (const match of matchers) {
    const captures = match(key);
    if (captures) return captures;
  }
  return undefined;
}
