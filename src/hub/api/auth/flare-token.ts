import { timingSafeEqual } from "node:crypto";
import * as z from "zod";
import type { KubeObject } from "../../../kubernetes/objects.ts";
import { labelValue } from "../../../workload/names.ts";
import { isPermission, type Permission } from "./permissions.ts";
import { type Subject, sha256 } from "./subject.ts";

/** A FLARE token as the hub keeps it: everything but the token. Times in milliseconds. */
export interface FlareToken {
  /** Uid of its Secret. */
  readonly id: string;
  /** Name of its Secret. */
  readonly secret: string;
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly tenant: string;
  /** Who made it; it never grants more than they may do themselves. */
  readonly owner: Subject;
  readonly permissions: readonly Permission[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

/** What a new token is to be. */
export type NewToken = Pick<FlareToken, "hash" | "name" | "tenant" | "owner" | "permissions" | "expiresAt">;

export interface KubeSecret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const PREFIX = "flr_";
const SYNTAX = /^flr_[A-Za-z0-9_-]{43}$/;
const TYPE = "flare.clastix.io/token";

export const TOKEN_LABEL = "flare.clastix.io/token";
export const HASH_LABEL = "flare.clastix.io/token-hash";
export const REVOKED = "flare.clastix.io/revoked-at";
export const LAST_USED = "flare.clastix.io/last-used";

export const isFlareToken = (text: string): boolean => text.startsWith(PREFIX);
export const hashOf = (token: string): string => sha256(token);
/** The part of the hash by which a Secret is found: enough to find it, not enough to guess anything. */
export const hashPrefix = (hash: string): string => hash.slice(0, 16);

/** A token of 256 random bits. */
export function mintToken(randomBytes: (length: number) => Buffer): string {
  return PREFIX + randomBytes(32).toString("base64url");
}

/** Whether a text has the form of a token; what has not is nobody's without a look. */
export const hasTokenForm = (text: string): boolean => SYNTAX.test(text);

/** Compares hashes in constant time. */
export const sameHash = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));

/** The Secret of a new token. Its data cannot be changed later: a token never comes to grant more than it did. */
export function secretOf(
  token: NewToken,
  secret: { readonly name: string; readonly namespace: string },
): KubeObject {
  const facts = {
    hash: token.hash,
    name: token.name,
    tenant: token.tenant,
    owner: JSON.stringify(token.owner),
    permissions: token.permissions.join(","),
    expires: new Date(token.expiresAt).toISOString(),
  };
  const object = {
    apiVersion: "v1",
    kind: "Secret",
    type: TYPE,
    immutable: true,
    metadata: {
      ...secret,
      labels: {
        "app.kubernetes.io/managed-by": "flare",
        [TOKEN_LABEL]: "true",
        [HASH_LABEL]: hashPrefix(token.hash),
        "flare.clastix.io/tenant": labelValue(token.tenant),
      },
    },
    data: Object.fromEntries(
      Object.entries(facts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
    ),
  };
  return object;
}

const factsSchema = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  tenant: z.string().min(1),
  owner: z.string(),
  permissions: z.string(),
  expires: z.iso.datetime(),
});
const ownerSchema = z.object({
  username: z.string().min(1),
  uid: z.string().optional(),
  groups: z.array(z.string()),
});

/** Reads the Secret of a token; undefined for what is none, or is broken: such a one lets nobody in. */
export function readToken({ metadata = {}, data = {} }: KubeSecret): FlareToken | undefined {
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]);
  const facts = factsSchema.safeParse(Object.fromEntries(texts));
  if (!facts.success || metadata.uid === undefined || metadata.name === undefined) return undefined;
  const owner = ownerSchema.safeParse(parsed(facts.data.owner));
  if (!owner.success) return undefined;
  const { annotations = {}, creationTimestamp = "" } = metadata;
  const { hash, name, tenant, permissions, expires } = facts.data;
  return {
    id: metadata.uid,
    secret: metadata.name,
    hash,
    name,
    tenant,
    owner: owner.data,
    permissions: permissions.split(",").filter(isPermission),
    createdAt: Date.parse(creationTimestamp),
    expiresAt: Date.parse(expires),
    revokedAt: timeOf(annotations[REVOKED]),
    lastUsedAt: timeOf(annotations[LAST_USED]),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A mark that cannot be read still marks. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? 0 : time;
}

/** Whether a token lets anybody in now, and if not, why. */
export function tokenState(token: FlareToken, now: number): "active" | "expired" | "revoked" {
  if (token.revokedAt !== undefined) return "revoked";
  return now < token.expiresAt ? "active" : "expired";
}
