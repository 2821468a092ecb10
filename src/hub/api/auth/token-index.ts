import { type FlareToken, hashPrefix, sameHash } from "./flare-token.ts";

/** Tokens as they are known here, by their Secret and by their hash. */
export interface TokenIndex {
  readonly bySecret: ReadonlyMap<string, FlareToken>;
  byHash(hash: string): FlareToken | undefined;
  put(token: FlareToken): void;
  drop(secret: string): void;
}

/** Creates an empty index. */
export function createTokenIndex(): TokenIndex {
  const bySecret = new Map<string, FlareToken>();
  const byPrefix = new Map<string, Set<string>>();
  const drop = (secret: string): void => {
    const token = bySecret.get(secret);
    if (token === undefined) return;
    bySecret.delete(secret);
    const prefix = hashPrefix(token.hash);
    const secrets = byPrefix.get(prefix);
    secrets?.delete(secret);
    if (secrets?.size === 0) byPrefix.delete(prefix);
  };
  return {
    bySecret,
    // Found by a part of the hash, and then compared as a whole in constant time.
    byHash: (hash) =>
      [...(byPrefix.get(hashPrefix(hash)) ?? [])]
        .map((secret) => bySecret.get(secret))
        .find((token) => token !== undefined && sameHash(token.hash, hash)),
    put: (token) => {
      drop(token.secret);
      bySecret.set(token.secret, token);
      const prefix = hashPrefix(token.hash);
      byPrefix.set(prefix, (byPrefix.get(prefix) ?? new Set<string>()).add(token.secret));
    },
    drop,
  };
}
