import { parse } from "yaml";
import { badRequest, unsupportedMediaType } from "./errors.ts";
import { isObject, type JsonObject } from "./json.ts";
import { groupVersion, type KubeObject } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import { metadataTypeProblem } from "./validation.ts";

export interface Body {
  readonly text: string;
  /** The media type without parameters, in lower case; empty when the client named none. */
  readonly contentType: string;
}

const objectTypes = ["application/json", "application/yaml"];

/** The body as JSON or YAML. Throws 415 for other types, 400 for what cannot be parsed. */
export function parseBody(body: Body, accepted: readonly string[] = objectTypes): unknown {
  const type = body.contentType === "" ? "application/json" : body.contentType;
  if (!accepted.includes(type)) throw unsupportedMediaType(type, accepted);
  try {
    return type.endsWith("yaml") ? parseYaml(body.text) : JSON.parse(body.text);
  } catch (error) {
    throw badRequest(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** JSON is YAML, and what programs apply; the parser of YAML takes many times as long for it. */
function parseYaml(text: string): unknown {
  if (text.startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch {
      // In YAML, braces hold more than JSON.
    }
  }
  return parse(text, { maxAliasCount: 0 });
}

export const parseObject = (body: Body): JsonObject => {
  const value = body.text.trim() === "" ? {} : parseBody(body);
  if (!isObject(value))
    throw badRequest("couldn't get version/kind; json parse error: the body is not an object");
  return value;
};

/** Checks that a value is an object of the type. Throws 400 otherwise, as the decoder of the API server would. */
export function asKubeObject(value: unknown, type: ResourceType): KubeObject {
  if (!isObject(value))
    throw badRequest("couldn't get version/kind; json parse error: the body is not an object");
  const expected = groupVersion(type.group, type.version);
  const {
    apiVersion = type.custom === undefined ? expected : undefined,
    kind = type.custom === undefined ? type.kind : undefined,
  } = value;
  if (typeof kind !== "string" || kind === "")
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(value).slice(0, 200)}'`);
  if (typeof apiVersion !== "string" || apiVersion === "")
    throw badRequest(`Object 'apiVersion' is missing in '${JSON.stringify(value).slice(0, 200)}'`);
  if (kind !== type.kind)
    throw badRequest(
      `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${type.kind}: the object provided is unrecognized (must be of type ${type.kind})`,
    );
  if (apiVersion !== expected)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  const problem = metadataTypeProblem(value.metadata);
  if (problem !== undefined)
    throw badRequest(
      `${kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${kind}: ${problem}`,
    );
  const metadata = isObject(value.metadata) ? withoutNulls(value.metadata) : {};
  return { ...value, apiVersion, kind, metadata: { name: "", ...metadata } };
}

const withoutNulls = (metadata: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
