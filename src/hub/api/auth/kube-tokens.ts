import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import type { KubeObject, Resource } from "../../../kubernetes/objects.ts";
import { ApiError } from "../api-error.ts";
import { createExpiringCache } from "../expiring-cache.ts";
import { type Subject, sha256 } from "./subject.ts";

const TOKEN_REVIEWS: Resource = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "tokenreviews",
  namespaced: false,
};

/** How long an answer of the API server holds: a revoked token works so much longer at most. */
const TTL_MS = 10_000;
const REMEMBERED = 4096;

interface TokenReview extends KubeObject {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
    };
  };
}

export interface KubeTokensOptions {
  readonly client: Pick<KubeClient, "create">;
  readonly audiences: readonly string[];
  readonly now: () => number;
}

/**
 * Tells whose a Kubernetes bearer token is; undefined: nobody's. `beforeAsking` is called, and may throw, where the API
 * server has to be asked. Throws UNAVAILABLE where that does not say.
 */
export type KubeTokens = (token: string, beforeAsking: () => void) => Promise<Subject | undefined>;

/** Creates the check of Kubernetes tokens by TokenReview, cached for seconds by the hash of the token. */
export function createKubeTokens({ client, audiences, now }: KubeTokensOptions): KubeTokens {
  const cache = createExpiringCache<Subject | undefined>({ ttlMs: TTL_MS, most: REMEMBERED, now });
  const review = async (token: string, beforeAsking: () => void): Promise<Subject | undefined> => {
    beforeAsking();
    const spec = { token, ...(audiences.length === 0 ? {} : { audiences }) };
    const question = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec } as KubeObject;
    const { status } = await client
      .create<TokenReview>(TOKEN_REVIEWS, question, { timeoutMs: 5000, retries: 0 })
      .catch((cause: unknown) => {
        throw new ApiError("UNAVAILABLE", "the token cannot be checked at present", {
          cause,
          retryAfterSeconds: 5,
        });
      });
    const { username = "", uid, groups = [] } = status?.user ?? {};
    return status?.authenticated === true && username !== "" ? { username, uid, groups } : undefined;
  };
  return (token, beforeAsking) => cache.get(sha256(token), () => review(token, beforeAsking));
}

/** Whether a JWT says of itself that its time is over: tells the owner of a refused one why. Nothing is trusted on it. */
export function saysItExpired(token: string, now: number): boolean {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return (
      typeof claims === "object" && claims !== null && "exp" in claims && Number(claims.exp) * 1000 <= now
    );
  } catch {
    return false;
  }
}
