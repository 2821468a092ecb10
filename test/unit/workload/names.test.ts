import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOwned, ownedSelector } from "../../../src/workload/identity.ts";
import {
  baseName,
  dnsLabel,
  joinName,
  labelValue,
  shortHash,
  workloadNamespace,
} from "../../../src/workload/names.ts";
import { workloadObjects } from "../../../src/workload/workload-objects.ts";
import { inputOf } from "./examples.ts";

const DNS_LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const intent = { namespace: "team-a", name: "demo", uid: "u-1" };

describe("names", () => {
  test.each([
    ["demo", "demo"],
    ["my.model.v2", "my-model-v2"],
    ["4090-test", "test"],
    ["---", "x"],
  ])("of Intent %s begin with %s", (name, start) => {
    expect(baseName({ ...intent, name })).toMatch(new RegExp(`^${start}-[0-9a-z]{10}$`));
  });

  test("of the same Intent are always the same", () => {
    expect(baseName(intent)).toBe("demo-ghnzfvgnd0");
  });

  test("of long Intents that differ at the end only differ", () => {
    const long = "a".repeat(250);
    const names = ["1", "2", "3"].map((end) => baseName({ ...intent, name: `${long}${end}` }));
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(42);
  });

  test.each([
    ["in another namespace", { namespace: "team-b" }],
    ["of another time", { uid: "u-2" }],
  ])("differ from those of an Intent of the same name %s", (_, other) => {
    expect(baseName({ ...intent, ...other })).not.toBe(baseName(intent));
  });

  test("do not run into each other where parts are joined differently", () => {
    expect(joinName("a".repeat(60), "b-c")).not.toBe(joinName("a".repeat(60), "b_c"));
    expect(dnsLabel("a_b")).not.toBe(dnsLabel("a-b"));
  });

  test("hashes of a hundred thousand texts are all different", () => {
    const hashes = new Set(Array.from({ length: 100_000 }, (_, index) => shortHash(`team-a/demo-${index}`)));
    expect(hashes.size).toBe(100_000);
  });

  test.each([
    ["acme", "acme-demo-", 4],
    ["a-tenant-with-quite-a-long-name", "a-tenant-with-quite-a-long-name-demo-", 31],
    ["the longest", `${"t".repeat(52)}-`, 52],
  ])("of namespaces begin with the tenant's whole name: %s", (_, beginning, length) => {
    const tenant = beginning.slice(0, length);
    const name = workloadNamespace(tenant, { ...intent, name: "demo" });
    expect(name).toMatch(DNS_LABEL);
    expect(name.startsWith(beginning)).toBe(true);
    expect(name.endsWith(shortHash(`${intent.namespace}/demo/${intent.uid}`))).toBe(true);
  });

  test("are valid whatever they come from", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 300 }),
        fc.string({ maxLength: 80 }),
        (name, more) => {
          expect(baseName({ ...intent, name })).toMatch(DNS_LABEL);
          expect(joinName(baseName({ ...intent, name }), more)).toMatch(DNS_LABEL);
          expect(workloadNamespace(more, { ...intent, name })).toMatch(DNS_LABEL);
          expect(labelValue(name)).toMatch(LABEL_VALUE);
        },
      ),
    );
  });
});

describe("what is ours", () => {
  const input = inputOf();
  const objects = workloadObjects(input);

  test("is every object that was made for the Intent", () => {
    for (const object of objects) expect(isOwned(object, "hub-1", input.intent)).toBe(true);
  });

  test.each([
    ["of another hub", "hub-2", input.intent],
    ["of an Intent made anew", "hub-1", { ...input.intent, uid: "u-2" }],
    ["of an Intent whose name is as its label", "hub-1", { ...input.intent, namespace: "other" }],
  ])("is nothing %s", (_, hub, other) => {
    for (const object of objects) expect(isOwned(object, hub, other)).toBe(false);
  });

  test("is found by a selector that the labels match", () => {
    const selector = ownedSelector("hub-1", input.intent);
    const wanted = selector.split(",").map((term) => term.split("=") as [string, string]);
    for (const { metadata } of objects) expect(metadata?.labels).toMatchObject(Object.fromEntries(wanted));
  });
});
