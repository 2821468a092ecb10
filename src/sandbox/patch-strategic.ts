import { badRequest } from "./errors.ts";
import { asArray, asObject, deepEqual, isObject, type JsonObject, setOwn } from "./json.ts";

/** The key by which a list of the built-in types merges, by field name; `ports` depends on what it is in. */
const mergeKeys: Readonly<Record<string, string>> = {
  addresses: "type",
  conditions: "type",
  containers: "name",
  env: "name",
  ephemeralContainers: "name",
  hostAliases: "ip",
  imagePullSecrets: "name",
  initContainers: "name",
  ownerReferences: "uid",
  podIPs: "ip",
  resourceClaims: "name",
  schedulingGates: "name",
  secrets: "name",
  topologySpreadConstraints: "topologyKey",
  volumeDevices: "devicePath",
  volumeMounts: "mountPath",
  volumes: "name",
};
const mergedSets: ReadonlySet<string> = new Set(["finalizers", "podCIDRs"]);

const mergeKey = (field: string, parent: string): string | undefined =>
  field === "ports" ? (parent.endsWith("ontainers") ? "containerPort" : "port") : mergeKeys[field];

const setOrder = "$setElementOrder/";
const deleteFromList = "$deleteFromPrimitiveList/";

/** A strategic merge patch on a built-in type: keyed lists merge by item, with the `$patch` directives of kubectl. */
export const strategicPatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) throw badRequest("json: cannot unmarshal the patch into a map");
  return mergeObjects(asObject(target), patch, "");
};

function mergeObjects(target: JsonObject, patch: JsonObject, name: string): JsonObject {
  if (patch.$patch === "replace") return withoutDirectives(patch);
  if (patch.$patch === "delete") return {};
  const result = keepOnly(target, patch.$retainKeys);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    if (value === null) delete result[key];
    else
      setOwn(
        result,
        key,
        mergeMember(Object.hasOwn(result, key) ? result[key] : undefined, value, key, name),
      );
  }
  for (const [key, value] of Object.entries(patch)) applyListDirective(result, key, asArray(value), name);
  return result;
}

const keepOnly = (target: JsonObject, keys: unknown): JsonObject =>
  Array.isArray(keys)
    ? Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)))
    : { ...target };

function mergeMember(before: unknown, value: unknown, key: string, parent: string): unknown {
  if (isObject(value)) return mergeObjects(asObject(before), value, key);
  if (!Array.isArray(value)) return value;
  if (mergedSets.has(key)) return [...new Set([...asArray(before), ...value])];
  const by = mergeKey(key, parent);
  return by === undefined ? value : mergeLists(asArray(before), value, by, key);
}

function mergeLists(
  before: readonly unknown[],
  patch: readonly unknown[],
  by: string,
  name: string,
): unknown[] {
  if (patch.some((item) => asObject(item).$patch === "replace")) {
    return patch.filter((item) => asObject(item).$patch !== "replace");
  }
  const list = [...before];
  for (const item of patch) {
    const change = asObject(item);
    if (change[by] === undefined) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${by}`);
    }
    const index = list.findIndex((existing) => deepEqual(asObject(existing)[by], change[by]));
    if (change.$patch === "delete") list.splice(index, index < 0 ? 0 : 1);
    else list.splice(index < 0 ? list.length : index, 1, mergeObjects(asObject(list[index]), change, name));
  }
  return list;
}

function applyListDirective(
  result: JsonObject,
  key: string,
  value: readonly unknown[],
  parent: string,
): void {
  if (key.startsWith(deleteFromList)) {
    const field = key.slice(deleteFromList.length);
    setOwn(
      result,
      field,
      asArray(result[field]).filter((item) => !value.includes(item)),
    );
  } else if (key.startsWith(setOrder)) {
    const field = key.slice(setOrder.length);
    if (!Array.isArray(result[field])) return;
    const by = mergeKey(field, parent);
    const identity = (item: unknown): unknown => (by === undefined ? item : asObject(item)[by]);
    const rank = (item: unknown): number => {
      const at = value.findIndex((other) => deepEqual(identity(other), identity(item)));
      return at < 0 ? value.length : at;
    };
    setOwn(
      result,
      field,
      [...(result[field] as unknown[])].sort((a, b) => rank(a) - rank(b)),
    );
  }
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith("$")));
}
