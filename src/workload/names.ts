const DNS_LABEL = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const HASH_LENGTH = 10;
const MAX = 63;
/** The longest base name: what is hung on it, a volume's or a pod's index, still fits a DNS label. */
const BASE_MAX = 42;

/** Ten characters [0-9a-z] that stand for a text (FNV-1a, 64 bits): the same on every run and every machine. */
export function shortHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n);
  }
  // The last characters reach only the low bits; fold the halves into each other before some are cut off.
  hash = BigInt.asUintN(64, (hash ^ (hash >> 32n)) * 0x9e3779b97f4a7c15n);
  hash ^= hash >> 29n;
  return (hash % 36n ** BigInt(HASH_LENGTH)).toString(36).padStart(HASH_LENGTH, "0");
}

/** Lower case letters, digits and hyphens that begin with a letter, at most `max` long; `x` where nothing is left. */
function slug(text: string, max: number): string {
  const bare = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "");
  return bare.slice(0, max).replace(/-+$/, "") || "x";
}

/** The text itself where it is a DNS label that begins with a letter, else a likeness with its hash. */
export function dnsLabel(text: string, max = MAX): string {
  if (text.length <= max && DNS_LABEL.test(text)) return text;
  return `${slug(text, max - HASH_LENGTH - 1)}-${shortHash(text)}`;
}

/** Parts joined by hyphens, as they are where that fits, else cut with the hash of the whole. */
export const joinName = (...parts: readonly string[]): string => dnsLabel(parts.join("-"));

/** The text itself where it may be a label's value, else a likeness with its hash. */
export function labelValue(text: string): string {
  if (text.length <= MAX && LABEL_VALUE.test(text)) return text;
  const bare = text.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  const head = bare.slice(0, MAX - HASH_LENGTH - 1).replace(/[^A-Za-z0-9]+$/, "") || "x";
  return `${head}-${shortHash(text)}`;
}

/** Which Intent, on the hub. */
export interface IntentIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * The name of an Intent's objects in the provider, 42 characters at most. The uid is in the hash, so an Intent that
 * was deleted and made anew never meets the objects of the one before.
 */
export function baseName({ namespace, name, uid }: IntentIdentity, max = BASE_MAX): string {
  const hash = shortHash(`${namespace}/${name}/${uid}`);
  const room = max - HASH_LENGTH - 1;
  return room < 1 ? hash : `${slug(name, room)}-${hash}`;
}

/** The longest name of a tenant that stands whole before the hash of an Intent. */
export const TENANT_MAX = MAX - HASH_LENGTH - 1;

/**
 * The namespace of an Intent in the provider, told by its tenant and its name. The tenant's whole name comes first, with
 * a hyphen: Capsule can be told to take no other for the Tenant of that name.
 */
export function workloadNamespace(tenant: string, intent: IntentIdentity): string {
  const prefix = dnsLabel(tenant, TENANT_MAX);
  return `${prefix}-${baseName(intent, Math.min(BASE_MAX, MAX - prefix.length - 1))}`;
}
