import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { SECRETS } from "../../providers/secret-source.ts";
import { ApiError } from "../api-error.ts";
import {
  type FlareToken,
  HASH_LABEL,
  hashPrefix,
  type KubeSecret,
  type NewToken,
  readToken,
  secretOf,
  TOKEN_LABEL,
} from "./flare-token.ts";

/** The Secrets of tokens, at the API server itself. Everything throws UNAVAILABLE where that does not answer. */
export interface TokenSecrets {
  /** All of them, or those whose hash begins like this one. */
  list(hash?: string): Promise<readonly FlareToken[]>;
  create(token: NewToken, secret: string): Promise<FlareToken>;
  annotate(token: FlareToken, annotations: Readonly<Record<string, string>>): Promise<FlareToken>;
  delete(token: FlareToken): Promise<void>;
}

/** Nobody waits for the API server for longer than this. */
const CALL = { timeoutMs: 5000, retries: 0 } as const;

/** Creates the access to the Secrets of one namespace. */
export function createTokenSecrets(client: KubeClient, namespace: string): TokenSecrets {
  return {
    list: async (hash) => {
      const prefix = hash === undefined ? "" : `,${HASH_LABEL}=${hashPrefix(hash)}`;
      const query = { namespace, labelSelector: `${TOKEN_LABEL}=true${prefix}` };
      const found: FlareToken[] = [];
      try {
        for await (const { items } of client.list<KubeSecret>(SECRETS, query, CALL))
          found.push(...items.map(readToken).filter((token) => token !== undefined));
      } catch (cause) {
        throw unavailable("the tokens cannot be read at present", cause);
      }
      return found;
    },
    create: async (token, name) => {
      const object = secretOf(token, { name, namespace });
      const created = client.create<KubeSecret>(SECRETS, object, CALL).catch((cause: unknown) => {
        throw unavailable(`no token can be made at present in namespace ${namespace}`, cause);
      });
      const stored = readToken(await created);
      if (stored !== undefined) return stored;
      throw new ApiError("INTERNAL", "the token that was made cannot be read again");
    },
    annotate: async (token, annotations) => {
      const target = { namespace, name: token.secret };
      const metadata = { uid: token.id, annotations };
      const written = await client.patch<KubeSecret>(SECRETS, target, { metadata }, CALL).catch(refused);
      return readToken(written) ?? token;
    },
    delete: (token) => client.delete(SECRETS, { namespace, name: token.secret }, CALL).catch(refused),
  };
}

function refused(cause: unknown): never {
  if (isKubeError(cause, "not-found")) throw new ApiError("NOT_FOUND", "there is no such token", { cause });
  throw unavailable("the token cannot be written at present", cause);
}

const unavailable = (message: string, cause: unknown): ApiError =>
  new ApiError("UNAVAILABLE", message, { cause, retryAfterSeconds: 5 });
