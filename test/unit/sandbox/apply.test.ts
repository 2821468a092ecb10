import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyConfiguration } from "../../../src/sandbox/apply.ts";
import { ApiError } from "../../../src/sandbox/errors.ts";
import { fromFieldsV1, leavesOf, printPath, toFieldsV1 } from "../../../src/sandbox/field-set.ts";
import { trackUpdate } from "../../../src/sandbox/managed-fields.ts";
import type { KubeObject } from "../../../src/sandbox/object.ts";
import { builtInShape } from "../../../src/sandbox/shape.ts";

const shape = builtInShape("", "Pod");
const everywhere = (): boolean => true;

const object = (fields: object): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  ...fields,
});

const applyAs = (live: KubeObject | undefined, name: string, fields: object, force = false): KubeObject =>
  applyConfiguration({
    live,
    config: object(fields),
    manager: { name, operation: "Apply", apiVersion: "v1", subresource: undefined },
    force,
    shape,
    tracked: everywhere,
    time: "2026-01-01T00:00:00Z",
  });

const updateAs = (before: KubeObject, name: string, after: KubeObject): KubeObject =>
  trackUpdate({
    before,
    after,
    manager: { name, operation: "Update", apiVersion: "v1", subresource: undefined },
    shape,
    tracked: everywhere,
    time: "2026-01-01T00:00:01Z",
  });

const owners = (value: KubeObject): Record<string, unknown> =>
  Object.fromEntries((value.metadata.managedFields ?? []).map((entry) => [entry.manager, entry.fieldsV1]));

describe("server-side apply", () => {
  test("removes a list item with all its members when its only owner no longer applies it", () => {
    const containers = [
      { name: "a", image: "x" },
      { name: "b", image: "y" },
    ];
    const both = applyAs(undefined, "one", { spec: { containers } });
    const one = applyAs(both, "one", { spec: { containers: containers.slice(1) } });
    expect(one.spec).toEqual({ containers: [{ name: "b", image: "y" }] });
  });

  test("keeps an item that another manager has a part of, without the part that is withdrawn", () => {
    const first = applyAs(undefined, "one", { spec: { containers: [{ name: "a", image: "x" }] } });
    const second = applyAs(first, "two", { spec: { containers: [{ name: "a", tty: true }] } });
    const left = applyAs(second, "one", { spec: {} });
    expect(left.spec).toEqual({ containers: [{ name: "a", tty: true }] });
  });

  test("shares a field among managers who apply the same value", () => {
    const first = applyAs(undefined, "one", { spec: { hostname: "h" } });
    const second = applyAs(first, "two", { spec: { hostname: "h" } });
    expect(owners(second)).toEqual({
      one: { "f:spec": { "f:hostname": {} } },
      two: { "f:spec": { "f:hostname": {} } },
    });
    expect(applyAs(second, "one", { spec: {} }).spec).toEqual({ hostname: "h" });
  });

  test("replaces an atomic list whole", () => {
    const first = applyAs(undefined, "one", { spec: { tolerations: [{ key: "a" }, { key: "b" }] } });
    expect(applyAs(first, "one", { spec: { tolerations: [{ key: "c" }] } }).spec).toEqual({
      tolerations: [{ key: "c" }],
    });
  });

  test("lists every field in conflict under its owner", () => {
    const first = applyAs(undefined, "one", { spec: { hostname: "h", subdomain: "s" } });
    const attempt = (): KubeObject => applyAs(first, "two", { spec: { hostname: "x", subdomain: "y" } });
    expect(attempt).toThrow(
      'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.hostname\n- .spec.subdomain',
    );
    expect(attempt).toThrow(ApiError);
  });

  test("says by which version an updater owns the field", () => {
    const made = updateAs(object({}), "kubectl-edit", object({ spec: { hostname: "h" } }));
    expect(() => applyAs(made, "two", { spec: { hostname: "x" } })).toThrow(
      'conflict with "kubectl-edit" using v1: .spec.hostname',
    );
  });

  test("lets an update that changes nothing own nothing", () => {
    const made = applyAs(undefined, "one", { spec: { hostname: "h" } });
    expect(Object.keys(owners(updateAs(made, "reader", made)))).toEqual(["one"]);
  });

  test("forgets all owners when an update resets managedFields", () => {
    const made = applyAs(undefined, "one", { spec: { hostname: "h" } });
    const reset = updateAs(made, "admin", { ...made, metadata: { ...made.metadata, managedFields: [] } });
    expect(reset.metadata.managedFields).toBeUndefined();
  });
});

const value = fc.constantFrom("1", "2", "3");
const labels = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), value);
const containers = fc.uniqueArray(fc.record({ name: fc.constantFrom("x", "y", "z"), image: value }), {
  selector: ({ name }) => name,
});
const config = fc.record({ labels, containers });
type Config = {
  readonly labels: Record<string, string>;
  readonly containers: readonly { name: string; image: string }[];
};

const apply = (live: KubeObject | undefined, name: string, wanted: Config, force = false): KubeObject =>
  applyConfiguration({
    live,
    config: {
      ...object({ spec: { containers: wanted.containers } }),
      metadata: { name: "p", labels: wanted.labels },
    },
    manager: { name, operation: "Apply", apiVersion: "v1", subresource: undefined },
    force,
    shape,
    tracked: everywhere,
    time: "t",
  });

const content = (result: KubeObject): Config => ({
  labels: { ...result.metadata.labels },
  containers: ((result.spec as { containers?: Config["containers"] } | undefined)?.containers ?? []).toSorted(
    (a, b) => a.name.localeCompare(b.name),
  ),
});

describe("any configuration", () => {
  test("applied twice is applied once", () => {
    fc.assert(
      fc.property(config, config, (other, wanted) => {
        const once = apply(apply(undefined, "other", other), "me", wanted, true);
        expect(apply(once, "me", wanted)).toEqual(once);
      }),
    );
  });

  test("applied by one manager alone is what the object then has", () => {
    fc.assert(
      fc.property(config, config, (before, wanted) => {
        const result = apply(apply(undefined, "me", before), "me", wanted);
        expect(content(result)).toEqual({
          labels: wanted.labels,
          containers: content(object({ spec: wanted })).containers,
        });
      }),
    );
  });

  test("applied by force and withdrawn leaves of the other's what was not taken", () => {
    fc.assert(
      fc.property(config, config, (theirs, mine) => {
        const taken = apply(apply(undefined, "other", theirs), "me", mine, true);
        const left = content(apply(taken, "me", { labels: {}, containers: [] }));
        for (const [key, text] of Object.entries(theirs.labels)) {
          if (mine.labels[key] === undefined || mine.labels[key] === text)
            expect(left.labels[key]).toBe(text);
          else expect(left.labels).not.toHaveProperty(key);
        }
      }),
    );
  });

  test("conflicts exactly where another manager has another value", () => {
    fc.assert(
      fc.property(config, config, (theirs, mine) => {
        const live = apply(undefined, "other", theirs);
        const images = new Map(theirs.containers.map(({ name, image }) => [name, image]));
        const differs =
          Object.keys(mine.labels).some(
            (key) => theirs.labels[key] !== undefined && theirs.labels[key] !== mine.labels[key],
          ) || mine.containers.some(({ name, image }) => images.has(name) && images.get(name) !== image);
        const attempt = (): KubeObject => apply(live, "me", mine);
        if (differs) expect(attempt).toThrow(/^Apply failed with/);
        else expect(attempt).not.toThrow();
      }),
    );
  });
});

describe("field sets", () => {
  test("survive the way through fieldsV1", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const set = new Set(leavesOf(value, { kind: "deduced" }).keys());
        expect(fromFieldsV1(JSON.parse(JSON.stringify(toFieldsV1(set))))).toEqual(set);
      }),
    );
  });

  test("print paths as the API server does", () => {
    const pod = { spec: { containers: [{ name: "a", ports: [{ containerPort: 80, protocol: "TCP" }] }] } };
    const paths = [...leavesOf(pod, shape).keys()].map(printPath);
    expect(paths).toContain(
      '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].containerPort',
    );
    expect(paths).toContain('.spec.containers[name="a"]');
  });
});
