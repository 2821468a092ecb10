import { randomBytes } from "node:crypto";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { createReflector, type Reflector } from "../../../kubernetes/reflector.ts";
import { troubleIn } from "../../../kubernetes/reflector-state.ts";
import type { Change } from "../../../kubernetes/reflector-store.ts";
import { sleep } from "../../../kubernetes/timing.ts";
import type { Logger } from "../../../observability/logger.ts";
import { SECRETS } from "../../providers/secret-source.ts";
import {
  type FlareToken,
  hashOf,
  type KubeSecret,
  LAST_USED,
  mintToken,
  type NewToken,
  REVOKED,
  readToken,
  sameHash,
  TOKEN_LABEL,
} from "./flare-token.ts";
import { createTokenIndex } from "./token-index.ts";
import { createTokenSecrets, type TokenSecrets } from "./token-secrets.ts";

/** The FLARE tokens of all tenants, as their Secrets tell them. */
export interface TokenStore {
  /**
   * Whose a token is, were it expired or revoked. `beforeAsking` is called, and may throw, where the API server has to
   * be asked. Throws UNAVAILABLE where nobody can tell.
   */
  find(token: string, beforeAsking: () => void): Promise<FlareToken | undefined>;
  ofTenant(tenant: string): readonly FlareToken[];
  /** The same by the API server itself, for what another replica may have just made. */
  byId(tenant: string, id: string): Promise<FlareToken | undefined>;
  /** Makes a token, which only the caller ever sees. */
  create(token: Omit<NewToken, "hash">): Promise<{ readonly token: string; readonly stored: FlareToken }>;
  revoke(token: FlareToken): Promise<FlareToken>;
  /** Notes that it was used: at most once a minute is written. */
  used(token: FlareToken): void;
  run(signal: AbortSignal): Promise<void>;
}

export interface TokenStoreOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

const USED_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 3_600_000;
/** How long it is told of a token that it is expired or revoked, before nobody knows it any more. */
const KEPT_MS = 7 * 86_400_000;

/** Creates the store; it knows nothing before `run`, and asks the API server itself as long as its watch does not stand. */
export function createTokenStore(options: TokenStoreOptions): TokenStore {
  const { client, namespace, log, now } = options;
  const index = createTokenIndex();
  const secrets = createTokenSecrets(client, namespace);
  const noted = new Map<string, number>();
  let isCurrent = false;
  const reflector = watchTokens(options, {
    onChange: (change) => {
      const secret = change.key.split("/")[1] ?? "";
      if (change.type !== "deleted" && change.value !== undefined) return index.put(change.value);
      index.drop(secret);
      noted.delete(secret);
    },
    onCurrent: (current) => {
      isCurrent = current;
    },
  });
  return {
    find: async (token, beforeAsking) => {
      const hash = hashOf(token);
      const found = isCurrent ? index.byHash(hash) : undefined;
      if (found !== undefined) return found;
      // Another replica may have made it a moment ago.
      beforeAsking();
      return (await secrets.list(hash)).find((each) => sameHash(each.hash, hash));
    },
    ofTenant: (tenant) => [...index.bySecret.values()].filter((token) => token.tenant === tenant),
    byId: async (tenant, id) => {
      const isIt = (token: FlareToken): boolean => token.id === id && token.tenant === tenant;
      return [...index.bySecret.values()].find(isIt) ?? (await secrets.list()).find(isIt);
    },
    create: async (wanted) => {
      const token = mintToken(randomBytes);
      const name = `flare-token-${randomBytes(6).toString("hex")}`;
      const stored = await secrets.create({ ...wanted, hash: hashOf(token) }, name);
      index.put(stored);
      return { token, stored };
    },
    revoke: async (token) => {
      const revoked = await secrets.annotate(token, { [REVOKED]: new Date(now()).toISOString() });
      index.put(revoked);
      return revoked;
    },
    used: (token) => {
      const last = Math.max(token.lastUsedAt ?? 0, noted.get(token.secret) ?? 0);
      if (now() - last < USED_EVERY_MS) return;
      noted.set(token.secret, now());
      secrets
        .annotate(token, { [LAST_USED]: new Date(now()).toISOString() })
        .catch((error: unknown) =>
          log.debug({ secret: token.secret, error: String(error) }, "a use was not noted"),
        );
    },
    run: async (signal) => {
      await Promise.all([reflector.run(signal), keepSweeping(options, secrets, index.bySecret, signal)]);
    },
  };
}

interface WatchHandlers {
  readonly onChange: (change: Change<FlareToken | undefined>) => void;
  /** Told whether what is known is what there is, as far as anybody can tell. */
  readonly onCurrent: (current: boolean) => void;
}

function watchTokens(
  { client, namespace, log, now, random }: TokenStoreOptions,
  { onChange, onCurrent }: WatchHandlers,
): Reflector<FlareToken | undefined> {
  return createReflector<KubeSecret, FlareToken | undefined>({
    client,
    resource: SECRETS,
    namespace,
    labelSelector: `${TOKEN_LABEL}=true`,
    transform: readToken,
    onChange,
    onHandlerError: (error) => log.error({ error: String(error) }, "a token's Secret could not be taken in"),
    onState: (state) => {
      onCurrent(state.name === "WATCH");
      const trouble = troubleIn(state);
      if (trouble !== undefined) log.warn({ watch: "tokens" }, trouble.message);
    },
    now,
    random,
  });
}

/** Deletes the Secrets of tokens that have let nobody in for a while. Every replica does: deleting twice is no error. */
async function keepSweeping(
  { log, now, random }: TokenStoreOptions,
  secrets: TokenSecrets,
  known: ReadonlyMap<string, FlareToken>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(SWEEP_EVERY_MS * (0.5 + random()), signal);
    if (signal.aborted) return;
    for (const token of known.values()) {
      if (Math.min(token.expiresAt, token.revokedAt ?? token.expiresAt) + KEPT_MS >= now()) continue;
      await secrets
        .delete(token)
        .catch((error: unknown) =>
          log.debug({ secret: token.secret, error: String(error) }, "an old token stays"),
        );
    }
  }
}
