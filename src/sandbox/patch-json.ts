import { ApiError, badRequest } from "./errors.ts";
import { asText, deepEqual, isObject, type JsonObject, setOwn } from "./json.ts";

/** RFC 7386: objects merge, `null` deletes, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

const maxOperations = 10_000;

/** RFC 6902. Throws 400 for a patch that is malformed, 422 for one that does not fit the document. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  if (patch.length > maxOperations) {
    throw new ApiError(
      413,
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  return patch.reduce<unknown>(
    (document, operation) => applyOperation(document, operation),
    structuredClone(target),
  );
}

function applyOperation(document: unknown, operation: unknown): unknown {
  if (!isObject(operation) || typeof operation.path !== "string") throw unfit("operation without a path");
  const path = pointer(operation.path);
  switch (operation.op) {
    case "add":
      return write(document, path, operation.value, "insert");
    case "replace":
      read(document, path);
      return write(document, path, operation.value, "replace");
    case "remove":
      return remove(document, path);
    case "test":
      if (!deepEqual(read(document, path), operation.value))
        throw unfit(`testing value ${operation.path} failed`);
      return document;
    case "copy":
      return write(
        document,
        path,
        structuredClone(read(document, pointer(asText(operation.from)))),
        "insert",
      );
    case "move": {
      const from = pointer(asText(operation.from));
      const value = read(document, from);
      return write(remove(document, from), path, value, "insert");
    }
    default:
      throw unfit(`Unexpected kind: ${asText(operation.op)}`);
  }
}

const unfit = (message: string): ApiError =>
  new ApiError(
    422,
    "Invalid",
    `the server rejected our request due to an error in our request: ${message}`,
    {},
  );

const pointer = (path: string): readonly string[] => {
  if (path === "") return [];
  if (!path.startsWith("/")) throw unfit(`path "${path}" does not start with /`);
  return path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
};

function read(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => {
    if (Array.isArray(at) && /^\d+$/.test(key) && Number(key) < at.length) return at[Number(key)];
    if (isObject(at) && Object.hasOwn(at, key)) return at[key];
    throw unfit(`doc is missing path: /${path.join("/")}: missing value`);
  }, value);
}

function write(
  document: unknown,
  path: readonly string[],
  value: unknown,
  mode: "insert" | "replace",
): unknown {
  const key = path.at(-1);
  if (key === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = key === "-" ? parent.length : Number(key);
    if (!Number.isInteger(index) || index < 0 || index > parent.length)
      throw unfit(`index ${key} is out of bounds`);
    parent.splice(index, mode === "replace" ? 1 : 0, value);
  } else if (isObject(parent)) setOwn(parent, key, value);
  else throw unfit(`doc is missing path: /${path.join("/")}: missing value`);
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const key = path.at(-1);
  if (key === undefined) throw unfit("the whole document cannot be removed");
  read(document, path);
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isObject(parent)) delete parent[key];
  return document;
}
