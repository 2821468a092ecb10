import type { KnownCluster } from "../../../fluidos/identity.ts";
import type { ReadCandidate } from "../../../fluidos/peering-candidate.ts";

/** What is known when rounds of discovery fail. */
export interface FailedDiscovery {
  /** FLUIDOS's own words. */
  readonly said: string;
  readonly knownClusters: readonly KnownCluster[];
  readonly candidates: readonly ReadCandidate[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What FLUIDOS says where a provider did not answer; that nobody has anything to offer is no failure. */
const NOT_ANSWERED = /error when getting flavor/i;
/** KnownClusters that are named, at most. */
const MOST_NAMED = 5;

/**
 * Why discovery fails, and whose fault it may be; undefined where nothing is wrong. FLUIDOS heeds nobody's answer where one
 * KnownCluster gives none, and does not say which: one that has expired is it, or else one that was never heard to offer
 * anything, or else it may be any.
 */
export function discoveryTrouble(failed: FailedDiscovery): string | undefined {
  const { said, knownClusters } = failed;
  if (!NOT_ANSWERED.test(said)) return undefined;
  const { who, what } = suspects(failed);
  const names = who.slice(0, MOST_NAMED).map(({ name, address }) => `${name} (${address})`);
  const more = who.length > MOST_NAMED ? ` and ${who.length - MOST_NAMED} more` : "";
  const others =
    knownClusters.length === 1 ? "" : ", and nothing new is heard of the others while it is there";
  return `rounds of discovery fail (${said}): a KnownCluster does not answer${others}; ${what}: ${names.join(", ")}${more}`;
}

function suspects({ knownClusters, candidates, now }: FailedDiscovery): {
  readonly who: readonly KnownCluster[];
  readonly what: string;
} {
  const expired = knownClusters.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt < now);
  if (expired.length > 0) return { who: expired, what: "expired" };
  const heard = new Set(candidates.flatMap((read) => (read.ok ? [read.candidate.flavor.owner.ip] : [])));
  const unheard = knownClusters.filter(({ address }) => !heard.has(address));
  if (unheard.length > 0) return { who: unheard, what: "never heard to offer anything" };
  return { who: knownClusters, what: "it may be any of" };
}
