/** FLARE tokens as a replica knows them whose watch stands: found by their hash, without a question to anybody. */
import { type FlareToken, hashOf } from "../../src/hub/api/auth/flare-token.ts";
import { PERMISSIONS } from "../../src/hub/api/auth/permissions.ts";
import { createTokenIndex } from "../../src/hub/api/auth/token-index.ts";
import type { TokenStore } from "../../src/hub/api/auth/token-store.ts";

export const BENCH_TOKEN = `flr_${"b".repeat(43)}`;

/** A store with the bench's token among a thousand others. */
export function knownTokens(): TokenStore {
  const index = createTokenIndex();
  for (const number of Array.from({ length: 1000 }).keys())
    index.put(tokenOf(`flr_${String(number).padStart(43, "a")}`));
  index.put(tokenOf(BENCH_TOKEN));
  const never = (): never => {
    throw new Error("the bench makes no tokens");
  };
  return {
    find: (token) => Promise.resolve(index.byHash(hashOf(token))),
    ofTenant: () => [],
    byId: never,
    create: never,
    revoke: never,
    used: () => undefined,
    run: never,
  };
}

function tokenOf(token: string): FlareToken {
  const hash = hashOf(token);
  return {
    id: hash.slice(0, 36),
    secret: `secret-${hash.slice(0, 12)}`,
    hash,
    name: "bench",
    tenant: "acme",
    owner: { username: "bench", groups: [] },
    permissions: PERMISSIONS,
    createdAt: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    revokedAt: undefined,
    lastUsedAt: undefined,
  };
}
