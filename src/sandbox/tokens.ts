import { createHmac, timingSafeEqual } from "node:crypto";
import { asArray, asObject, asString, asText, isObject, type JsonObject } from "./json.ts";
import type { KubeObject } from "./object.ts";
import type { User } from "./rbac.ts";
import type { Store } from "./store.ts";

export const defaultAudience = "https://kubernetes.default.svc";

export interface TokenIssuer {
  /** A token for a service account, as TokenRequest gives it. Times in seconds since 1970. */
  forServiceAccount(
    account: KubeObject,
    options: {
      audiences: readonly string[];
      issued: number;
      expires: number;
      bound?: KubeObject | undefined;
    },
  ): string;
  /** A token for any user; it does not expire. */
  forUser(user: User): string;
  /** Who the token belongs to, and for whom it is meant; `undefined` when it is not valid (any more). */
  verify(
    token: string,
    audiences?: readonly string[],
  ): { readonly user: User; readonly audiences: readonly string[] } | undefined;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Issues and checks JWTs with a key of this server. `now` in milliseconds. */
export function createTokenIssuer(key: Buffer, store: Store, now: () => number): TokenIssuer {
  const sign = (text: string): string => createHmac("sha256", key).update(text).digest("base64url");
  const issue = (claims: JsonObject): string => {
    const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
    return `${text}.${sign(text)}`;
  };

  const claimsOf = (token: string): JsonObject | undefined => {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const expected = Buffer.from(sign(`${header}.${payload}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return isObject(claims) ? claims : undefined;
  };

  return {
    forServiceAccount: (account, { audiences, issued, expires, bound }) =>
      issue({
        iss: defaultAudience,
        sub: accountName(account),
        aud: audiences,
        iat: issued,
        nbf: issued,
        exp: expires,
        "kubernetes.io": {
          namespace: account.metadata.namespace,
          serviceaccount: { name: account.metadata.name, uid: account.metadata.uid },
          ...(bound === undefined
            ? {}
            : { [bound.kind.toLowerCase()]: { name: bound.metadata.name, uid: bound.metadata.uid } }),
          // A token bound to a pod also tells on which node the pod runs.
          ...(bound?.kind === "Pod" ? nodeClaim(store, bound) : {}),
        },
      }),
    forUser: (user) => issue({ iss: "sandbox", user }),
    verify(token, audiences = [defaultAudience]) {
      const claims = claimsOf(token);
      if (claims === undefined) return undefined;
      if (claims.iss === "sandbox") return { user: claims.user as User, audiences };
      if (Number(claims.exp) * 1000 <= now()) return undefined;
      const common = asArray(claims.aud)
        .map(asText)
        .filter((audience) => audiences.includes(audience));
      const user =
        common.length === 0 ? undefined : serviceAccountUser(store, asObject(claims["kubernetes.io"]));
      return user === undefined ? undefined : { user, audiences: common };
    },
  };
}

function nodeClaim(store: Store, pod: KubeObject): JsonObject {
  const name = asString(asObject(pod.spec).nodeName);
  if (name === undefined) return {};
  const uid = store.get("/nodes", undefined, name)?.metadata.uid;
  return { node: uid === undefined ? { name } : { name, uid } };
}

const accountName = (account: KubeObject): string =>
  `system:serviceaccount:${account.metadata.namespace ?? ""}:${account.metadata.name}`;

const boundKinds = [
  ["pod", "/pods"],
  ["secret", "/secrets"],
] as const;

/** The user behind the claims, as long as the account and what the token is bound to still exist. */
function serviceAccountUser(store: Store, claims: JsonObject): User | undefined {
  const { name, uid } = asObject(claims.serviceaccount);
  const namespace = asText(claims.namespace);
  const account = store.get("/serviceaccounts", namespace, asText(name));
  if (account === undefined || account.metadata.uid !== uid) return undefined;
  for (const [kind, storage] of boundKinds) {
    const bound = asObject(claims[kind]);
    if (
      bound.name !== undefined &&
      store.get(storage, namespace, asText(bound.name))?.metadata.uid !== bound.uid
    )
      return undefined;
  }
  const extra = Object.fromEntries(
    (["pod", "node"] as const).flatMap((kind) => {
      const bound = asObject(claims[kind]);
      return bound.name === undefined
        ? []
        : [
            [`authentication.kubernetes.io/${kind}-name`, [asText(bound.name)]],
            [`authentication.kubernetes.io/${kind}-uid`, [asText(bound.uid)]],
          ];
    }),
  );
  return {
    name: `system:serviceaccount:${namespace}:${asText(name)}`,
    uid: asText(uid),
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
