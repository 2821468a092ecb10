/** Whatever a valid Intent asks for, Kubernetes takes the objects. The rules here are Kubernetes' own, written anew. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/kubernetes/objects.ts";
import { workloadObjects } from "../../../src/workload/workload-objects.ts";
import { anyInput } from "./any-input.ts";

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SERVICE_NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const QUANTITY = /^[0-9]+(\.[0-9]+)?([KMGTPE]i|[numkMGTPE])?$/;
const PORT_NAME = /^(?=.{1,15}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/** Every member of a document with the keys that lead to it. */
function* members(
  value: unknown,
  path: readonly string[] = [],
): Generator<readonly [readonly string[], unknown]> {
  yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* members(member, [...path, key]);
}

const isLabels = (path: readonly string[]): boolean =>
  path.at(-1) === "labels" || path.at(-1) === "matchLabels";
const isQuantities = (path: readonly string[]): boolean =>
  ["requests", "limits", "hard", "defaultRequest"].includes(path.at(-1) ?? "") && path.at(-2) !== "spec";

function problems(object: KubeObject): string[] {
  const name = object.metadata?.name ?? "";
  const syntax = object.kind === "Service" ? SERVICE_NAME : DNS_LABEL;
  const found = [...members(object)].flatMap(([path, value]) =>
    memberProblems(path, value).map((what) => `${path.join(".")}: ${what}`),
  );
  return [...(syntax.test(name) ? [] : [`name ${name}`]), ...found].map((what) => `${object.kind} ${what}`);
}

function memberProblems(path: readonly string[], value: unknown): readonly string[] {
  if (value === undefined || value === null || Number.isNaN(value)) return ["is nothing"];
  if (Array.isArray(value)) return listProblems(path, value);
  const entries = Object.entries(value as Record<string, string>);
  if (isLabels(path)) return wrong(entries, ([key, label]) => LABEL_KEY.test(key) && LABEL_VALUE.test(label));
  if (isQuantities(path)) return wrong(entries, ([, quantity]) => QUANTITY.test(quantity));
  if (path.at(-1) === "sizeLimit")
    return wrong([value], (size) => typeof size === "string" && QUANTITY.test(size));
  return path.at(-1) === "host" && value === "" ? ["is empty"] : [];
}

const wrong = <T>(items: readonly T[], isFine: (item: T) => boolean): readonly string[] =>
  items.filter((item) => !isFine(item)).map((item) => JSON.stringify(item));

const NAME_SYNTAX: Readonly<Record<string, RegExp>> = {
  containers: DNS_LABEL,
  initContainers: DNS_LABEL,
  volumes: DNS_LABEL,
  ports: PORT_NAME,
  env: ENV_NAME,
};

/** Names in a list have the syntax of their kind; names, and where volumes are mounted, are there once. */
function listProblems(path: readonly string[], list: readonly unknown[]): readonly string[] {
  const key = path.at(-1) ?? "";
  const items = list as readonly { readonly name?: string; readonly mountPath?: string }[];
  const ids = items.flatMap((item) => (key === "volumeMounts" ? item?.mountPath : item?.name) ?? []);
  const syntax = NAME_SYNTAX[key];
  const twice = new Set(ids).size === ids.length ? [] : [`twice: ${ids.join(", ")}`];
  return [...twice, ...(syntax === undefined ? [] : wrong(ids, (id) => syntax.test(id)))];
}

type Templated = KubeObject & {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Record<string, string> };
    readonly template?: { readonly metadata?: { readonly labels?: Record<string, string> } };
  };
};

describe("for any valid Intent", () => {
  test("names, labels, quantities, ports and lists are what Kubernetes takes", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        expect(workloadObjects(given).flatMap(problems)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("no two objects have the same name, and Deployments select their own pods and no others", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const objects = workloadObjects(given) as readonly Templated[];
        const titles = objects.map(({ kind, metadata }) => `${kind}/${metadata?.name}`);
        expect(new Set(titles).size).toBe(titles.length);
        const deployments = objects.filter(({ kind }) => kind === "Deployment");
        for (const { spec } of deployments) {
          const wanted = Object.entries(spec?.selector?.matchLabels ?? {});
          const selected = deployments.filter((other) =>
            wanted.every(([key, value]) => other.spec?.template?.metadata?.labels?.[key] === value),
          );
          expect(selected).toHaveLength(1);
        }
      }),
    );
  });

  test("every GPU that is requested is limited to the same number, and the quota has room for all", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const [, quota] = workloadObjects(given) as readonly { spec?: { hard?: Record<string, string> } }[];
        const units = new Map<string, number>();
        for (const { resource, units: each, tasks } of given.placement.assignments)
          units.set(resource, (units.get(resource) ?? 0) + each * tasks);
        for (const [resource, count] of units)
          expect(quota?.spec?.hard?.[`requests.${resource}`]).toBe(String(count));
      }),
    );
  });
});
