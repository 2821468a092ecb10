import { ApiError, badRequest } from "./errors.ts";
import { asObject, type JsonObject, setOwn } from "./json.ts";
import { type FieldType, type Message, messages } from "./protobuf-messages.ts";

export const protobufType = "application/vnd.kubernetes.protobuf";

const magic = Buffer.from("k8s\0");
const envelope: Message = {
  1: ["typeMeta", { 1: ["apiVersion", "string"], 2: ["kind", "string"] }],
  2: ["raw", "bytes"],
};

/**
 * Decodes an object in the Kubernetes protobuf encoding to what its JSON would be. Throws 415 for kinds and fields that
 * this server does not know in that form, 400 for what is no such encoding.
 */
export function decodeProtobuf(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw badRequest("the body does not start as protobuf of Kubernetes does");
  const { typeMeta, raw } = decode(bytes.subarray(magic.length), envelope);
  const { apiVersion, kind } = asObject(typeMeta);
  const message = messages[String(kind)];
  if (message === undefined) throw unknown(String(kind));
  const content = typeof raw === "string" ? Buffer.from(raw, "base64") : Buffer.alloc(0);
  return { apiVersion, kind, ...decode(content, message) };
}

const unknown = (what: string): ApiError =>
  new ApiError(415, "UnsupportedMediaType", `this server does not read ${what} as protobuf; send JSON`);

interface Field {
  readonly number: number;
  /** A length-delimited value, or a varint. */
  readonly value: Buffer | bigint;
}

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) break;
      at += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, result);
    }
    throw badRequest("the protobuf body ends early");
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire === 0) yield { number: tag >> 3, value: varint() };
    else if (wire === 2) {
      const length = Number(varint());
      if (length < 0 || at + length > bytes.length) throw badRequest("the protobuf body ends early");
      yield { number: tag >> 3, value: bytes.subarray(at, at + length) };
      at += length;
    } else throw badRequest(`the protobuf body has a field of wire type ${wire}`);
  }
}

function decode(bytes: Buffer, message: Message): JsonObject {
  const result: JsonObject = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined) {
      if (!isEmpty(value))
        throw unknown(
          `field ${number} beside ${Object.values(message)
            .map(([name]) => name)
            .join(", ")}`,
        );
      continue;
    }
    const [name, type] = field;
    // Go writes empty strings and messages for what is not set; in JSON they are absent.
    if (isEmpty(value) && (type === "string" || typeof type === "object") && !Array.isArray(type)) continue;
    setOwn(result, name, combine(result[name], value, type));
  }
  return result;
}

/** The value of a field, together with those of the same number that came before. */
function combine(before: unknown, value: Buffer | bigint, type: FieldType): unknown {
  if (typeof value === "bigint") return type === "bool" ? value !== 0n : Number(value);
  switch (type) {
    case "string":
      return value.toString();
    case "bytes":
      return value.toString("base64");
    case "strings":
      return [...((before as string[] | undefined) ?? []), value.toString()];
    case "stringMap":
      return { ...asObject(before), ...entry(value, "string") };
    case "bytesMap":
      return { ...asObject(before), ...entry(value, "bytes") };
    case "quantityMap":
      return { ...asObject(before), ...entry(value, { 1: ["text", "string"] }) };
    case "intOrString": {
      const {
        type: kind = 0,
        int = 0,
        text,
      } = decode(value, { 1: ["type", "int"], 2: ["int", "int"], 3: ["text", "string"] });
      return kind === 0 ? int : text;
    }
    case "int":
    case "bool":
      throw badRequest("the protobuf body has text where a number belongs");
    default:
      return isList(type)
        ? [...((before as unknown[] | undefined) ?? []), decode(value, type[0])]
        : decode(value, type);
  }
}

const isList = (type: Message | readonly [Message]): type is readonly [Message] => Array.isArray(type);

function entry(bytes: Buffer, type: FieldType): JsonObject {
  const { key = "", value } = decode(bytes, { 1: ["key", "string"], 2: ["value", type] });
  const content = typeof type === "object" ? asObject(value).text : value;
  const result: JsonObject = {};
  setOwn(result, String(key), content ?? "");
  return result;
}

/** Zero, nothing, or a message of such. */
function isEmpty(value: Buffer | bigint): boolean {
  if (typeof value === "bigint") return value === 0n;
  if (value.length === 0) return true;
  try {
    return [...fieldsOf(value)].every((field) => isEmpty(field.value));
  } catch {
    // Text or bytes, not a message.
    return false;
  }
}
