import { badRequest } from "./errors.ts";
import { asArray, asObject, asString, asText, valueAt } from "./json.ts";
import type { KubeObject } from "./object.ts";

export type Predicate = (object: KubeObject) => boolean;

export const everything: Predicate = () => true;

const unable = (text: string, why: string): Error =>
  badRequest(`unable to parse requirement: ${why} in selector ${JSON.stringify(text)}`);

const labelKey = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/;

type Labels = Readonly<Record<string, string>>;
type LabelTest = (labels: Labels) => boolean;

/** Parses a label selector such as `a=b,c!=d,e in (f,g),h,!i,j>3`. Throws 400 for what it cannot read. */
export function labelSelector(text: string): Predicate {
  const tests = splitRequirements(text).map((part) => requirement(part, text));
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

/** Splits at the commas that are not between parentheses. */
const splitRequirements = (text: string): readonly string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");

function requirement(part: string, whole: string): LabelTest {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => checkedValue(value.trim(), whole));
    return operator === "in"
      ? among(checkedKey(key, whole), values)
      : notAmong(checkedKey(key, whole), values);
  }
  const comparison = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*([^=!<>\s]*)$/.exec(part);
  if (comparison !== null) {
    const [, key = "", operator = "", value = ""] = comparison;
    return compared(checkedKey(key, whole), operator, checkedValue(value, whole), whole);
  }
  if (part.startsWith("!")) {
    const key = checkedKey(part.slice(1).trim(), whole);
    return (labels) => !Object.hasOwn(labels, key);
  }
  const key = checkedKey(part, whole);
  return (labels) => Object.hasOwn(labels, key);
}

function compared(key: string, operator: string, value: string, whole: string): LabelTest {
  if (operator === "=" || operator === "==") return among(key, [value]);
  if (operator === "!=") return notAmong(key, [value]);
  if (!/^-?\d+$/.test(value))
    throw unable(whole, `for 'Gt', 'Lt' operators, the value must be an integer, found ${value}`);
  const limit = Number(value);
  return (labels) => {
    const text = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (text === undefined || !/^-?\d+$/.test(text)) return false;
    return operator === ">" ? Number(text) > limit : Number(text) < limit;
  };
}

const among =
  (key: string, values: readonly string[]): LabelTest =>
  (labels) =>
    Object.hasOwn(labels, key) && values.includes(labels[key] ?? "");

const notAmong =
  (key: string, values: readonly string[]): LabelTest =>
  (labels) =>
    !Object.hasOwn(labels, key) || !values.includes(labels[key] ?? "");

function checkedKey(key: string, whole: string): string {
  const name = key.slice(key.indexOf("/") + 1);
  if (!labelKey.test(key) || name.length > 63)
    throw unable(whole, `invalid label key ${JSON.stringify(key)}`);
  return key;
}

function checkedValue(value: string, whole: string): string {
  if (!labelValue.test(value) || value.length > 63)
    throw unable(whole, `invalid label value ${JSON.stringify(value)}`);
  return value;
}

const everyKind = ["metadata.name", "metadata.namespace"];

/** The fields that a kind can be selected by besides name and namespace, by `group/plural`. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  "/pods": [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  "/nodes": ["spec.unschedulable"],
  "/namespaces": ["status.phase"],
  "/secrets": ["type"],
  "/events": [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  "apps/replicasets": ["status.replicas"],
  "batch/jobs": ["status.successful"],
  "resource.k8s.io/resourceslices": ["spec.nodeName", "spec.driver"],
};

/** What a field reads where its name is not its path, or where absence has a value. */
const readers: Readonly<Record<string, (object: KubeObject) => unknown>> = {
  source: (object) => valueAt(object, ["source", "component"]) ?? object.reportingComponent,
  "status.successful": (object) => valueAt(object, ["status", "succeeded"]) ?? 0,
  "spec.unschedulable": (object) => valueAt(object, ["spec", "unschedulable"]) ?? false,
  "status.replicas": (object) => valueAt(object, ["status", "replicas"]) ?? 0,
};

/**
 * Parses a field selector such as `metadata.name=a,status.phase!=Running`. Throws 400 for a field that the kind
 * cannot be selected by. `extra` are paths that a CRD declares selectable.
 */
export function fieldSelector(text: string, resource: string, extra: readonly string[] = []): Predicate {
  const known = [...everyKind, ...(selectable[resource] ?? []), ...extra];
  const tests = text
    .split(/(?<!\\),/)
    .filter((part) => part !== "")
    .map((part): Predicate => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/s.exec(part);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const [, field = "", operator, raw = ""] = match;
      if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
      const value = raw.replaceAll(/\\([\\,=])/g, "$1");
      return (object) => (readField(object, field) === value) === (operator !== "!=");
    });
  return (object) => tests.every((test) => test(object));
}

function readField(object: KubeObject, field: string): string {
  const read = readers[field];
  const value = read === undefined ? valueAt(object, field.split(".")) : read(object);
  return value === undefined || value === null ? "" : asText(value);
}

/** A `metav1.LabelSelector` object; an empty one selects all. */
export function selectsLabels(selector: unknown, labels: Labels): boolean {
  const { matchLabels, matchExpressions } = asObject(selector);
  const exact = Object.entries(asObject(matchLabels)).every(([key, value]) => labels[key] === value);
  return (
    exact &&
    asArray(matchExpressions).every((expression) => {
      const { key, operator, values } = asObject(expression);
      const value = labels[asString(key) ?? ""];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      return asArray(values).includes(value) === (operator === "In");
    })
  );
}
