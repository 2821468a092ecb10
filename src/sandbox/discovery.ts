import { asArray, asObject, isObject, type JsonObject, setOwn } from "./json.ts";
import { groupVersion } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";

type Types = readonly ResourceType[];

const unique = (items: readonly string[]): readonly string[] => [...new Set(items)];

const groupsOf = (types: Types): readonly string[] =>
  unique(types.map((type) => type.group)).filter((group) => group !== "");

const versionsOf = (types: Types, group: string): readonly string[] =>
  unique(types.filter((type) => type.group === group).map((type) => type.version)).toSorted(byMaturity);

/** v2 before v1 before v1beta1, as the API server prefers them. */
function byMaturity(a: string, b: string): number {
  const rank = (version: string): number => {
    const [, major = "0", stage, minor = "0"] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    return (stage === undefined ? 2 : stage === "beta" ? 1 : 0) * 1e6 + Number(major) * 1e3 + Number(minor);
  };
  return rank(b) - rank(a);
}

function apiGroup(types: Types, group: string): JsonObject {
  const versions = versionsOf(types, group).map((version) => ({
    groupVersion: groupVersion(group, version),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

const apiResource = (type: ResourceType): readonly JsonObject[] => [
  {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: type.verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
  },
  ...(type.hasStatus
    ? [
        {
          name: `${type.plural}/status`,
          singularName: "",
          namespaced: type.namespaced,
          kind: type.kind,
          verbs: ["get", "patch", "update"],
        },
      ]
    : []),
  ...(subresources[`${type.group}/${type.plural}`] ?? []).map((sub) => ({
    singularName: "",
    namespaced: type.namespaced,
    verbs: ["create"],
    ...sub,
    name: `${type.plural}/${sub.name}`,
  })),
];

const subresources: Readonly<
  Record<
    string,
    readonly {
      readonly name: string;
      readonly kind: string;
      readonly group?: string;
      readonly version?: string;
      readonly verbs?: readonly string[];
    }[]
  >
> = {
  "/serviceaccounts": [
    { name: "token", group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
  ],
  "/pods": [
    { name: "binding", kind: "Binding" },
    { name: "eviction", group: "policy", version: "v1", kind: "Eviction" },
    { name: "log", kind: "Pod", verbs: ["get"] },
  ],
  "/namespaces": [{ name: "finalize", kind: "Namespace", verbs: ["update"] }],
};

/** The discovery document at a path under /api or /apis; `undefined` where there is none. */
export function discoveryDocument(path: string, types: Types): JsonObject | undefined {
  const [root, group, version, ...rest] = path.split("/").filter((segment) => segment !== "");
  if (rest.length > 0) return undefined;
  if (root === "api") {
    if (group === undefined) return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    return version === undefined ? resourceList(types, "", group) : undefined;
  }
  if (group === undefined)
    return {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: groupsOf(types).map((name) => apiGroup(types, name)),
    };
  if (!groupsOf(types).includes(group)) return undefined;
  return version === undefined
    ? { kind: "APIGroup", apiVersion: "v1", ...apiGroup(types, group) }
    : resourceList(types, group, version);
}

function resourceList(types: Types, group: string, version: string): JsonObject | undefined {
  const served = types.filter((type) => type.group === group && type.version === version);
  if (served.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: groupVersion(group, version),
    resources: served.flatMap(apiResource),
  };
}

const rootOf = (type: Pick<ResourceType, "group" | "version">): string =>
  type.group === "" ? `api/${type.version}` : `apis/${type.group}/${type.version}`;

/** The index of OpenAPI v3 documents. `hash` changes whenever a document may have. */
export function openApiIndex(types: Types, hash: string): JsonObject {
  const roots = unique(types.map(rootOf));
  return {
    paths: Object.fromEntries(
      roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` }]),
    ),
  };
}

const parameter = (name: string): JsonObject => ({
  name,
  in: "query",
  schema: { type: "string", uniqueItems: true },
});

/**
 * The OpenAPI v3 document of one group and version: as much as kubectl needs to see that the server validates
 * fields and dry-runs, and the schemas of CRDs for `kubectl explain`.
 */
export function openApiDocument(root: string, types: Types): JsonObject | undefined {
  const served = types.filter((type) => rootOf(type) === root);
  if (served.length === 0) return undefined;
  const paths: JsonObject = {};
  const schemas: JsonObject = {};
  for (const type of served) {
    const gvk = { group: type.group, version: type.version, kind: type.kind };
    const component = [...type.group.split(".").toReversed(), type.version, type.kind]
      .filter((part) => part !== "")
      .join(".");
    schemas[component] = componentOf(type, gvk);
    if (!type.verbs.includes("patch")) continue;
    paths[`/${root}/${type.namespaced ? "namespaces/{namespace}/" : ""}${type.plural}/{name}`] = {
      patch: {
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": gvk,
        parameters: ["dryRun", "fieldManager", "fieldValidation", "force"].map(parameter),
        requestBody: { content: { "application/apply-patch+yaml": { schema: {} } } },
        responses: {
          200: {
            description: "OK",
            content: { "application/json": { schema: { $ref: `#/components/schemas/${component}` } } },
          },
        },
      },
    };
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "sandbox" },
    paths,
    components: { schemas },
  };
}

function componentOf(type: ResourceType, gvk: JsonObject): JsonObject {
  const schema = asObject(type.custom?.schema.openApi);
  const properties: JsonObject = { ...asObject(schema.properties) };
  setOwn(properties, "apiVersion", { type: "string" });
  setOwn(properties, "kind", { type: "string" });
  setOwn(properties, "metadata", { type: "object" });
  const rest =
    type.custom === undefined || isObject(schema.additionalProperties) ? { additionalProperties: true } : {};
  return {
    ...schema,
    type: "object",
    ...rest,
    properties,
    required: asArray(schema.required),
    "x-kubernetes-group-version-kind": [gvk],
  };
}

/**
 * An OpenAPI v2 document without any paths or definitions, in the protobuf form that clients ask for: kubectl then
 * skips its own validation of what it does not find there.
 */
export const openApiV2: Uint8Array = (() => {
  const field = (tag: number, content: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from([(tag << 3) | 2, content.length]), content]);
  const info = Buffer.concat([field(1, Buffer.from("Kubernetes")), field(2, Buffer.from("sandbox"))]);
  return Buffer.concat([field(1, Buffer.from("2.0")), field(2, info), field(8, Buffer.alloc(0))]);
})();
