import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { Logger } from "../../observability/logger.ts";
import type { IntentCache } from "../intents/intent-cache.ts";
import type { IntentMeaning } from "../intents/meaning.ts";
import type { ProviderDirectory } from "../providers/directory.ts";
import type { Caller } from "./auth/authenticate.ts";
import type { TokenStore } from "./auth/token-store.ts";
import type { ApiConfig } from "./config.ts";
import type { PendingIntents } from "./intents/pending.ts";
import type { Market } from "./market.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { ApiRequest } from "./route.ts";
import type { TenantDirectory } from "./tenants/directory.ts";

/** All that the routes work with. */
export interface ApiWorld {
  readonly config: ApiConfig;
  readonly client: KubeClient;
  readonly market: Market;
  readonly intents: IntentCache;
  readonly tokens: TokenStore;
  /** Where Intents run, to read their logs. */
  readonly providers: Pick<ProviderDirectory, "get">;
  readonly tenants: Pick<TenantDirectory, "get">;
  readonly meaning: IntentMeaning;
  readonly pending: PendingIntents;
  /** How often suggestions are worked out, by tenant. */
  readonly suggesting: RateLimit;
  /** Open streams of events and logs by tenant. */
  readonly streams: Map<string, number>;
  readonly log: Logger;
  readonly now: () => number;
}

/** A line of the audit log: who changed what, and from where. */
export function audit(
  { log }: Pick<ApiWorld, "log">,
  { address, requestId }: Pick<ApiRequest, "address" | "requestId">,
  { subject, token, grant }: Caller,
  facts: { readonly action: string } & Readonly<Record<string, unknown>>,
): void {
  const who = { subject: subject.username, tokenId: token?.id, tenant: grant.tenant };
  log.info({ audit: true, ...who, address, requestId, ...facts }, facts.action);
}
