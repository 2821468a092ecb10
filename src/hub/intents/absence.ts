import { parseDuration } from "../../units/duration.ts";
import type { OfferPool } from "../inventory/offer-pool.ts";
import { isLeaving } from "../providers/closure.ts";
import type { ProviderDirectory } from "../providers/directory.ts";
import type { IntentView } from "./intent-view.ts";
import type { Place } from "./places.ts";

/** What is away of an Intent's place, and since when (ms). */
export interface Absence {
  readonly reason: "ProviderUnreachable" | "ProviderGone" | "NodeGone" | "NodeNotReady";
  readonly what: string;
  readonly since: number;
  /** Nobody bears it: it will not come back. */
  readonly forGood?: true;
}

/** Tells what is away, and remembers since when. */
export interface Absences {
  /** The longest absence among the places; undefined where everything is there. */
  of(places: readonly Place[], now: number): Absence | undefined;
}

/** How long an Intent bears to be interrupted, milliseconds. */
export function patienceOf({ read }: Pick<IntentView, "read">, otherwise: number): number {
  const stated = read.ok ? read.spec.sla?.maxInterruptionTime : undefined;
  return (stated === undefined ? undefined : parseDuration(stated)) ?? otherwise;
}

export interface AbsenceSources {
  readonly pool: Pick<OfferPool, "node">;
  readonly providers: Pick<ProviderDirectory, "get">;
}

/** Creates a memory of absences. It begins empty: after a restart of the hub everybody has the whole time again. */
export function createAbsences({ pool, providers }: AbsenceSources): Absences {
  const since = new Map<string, number>();
  const noticed = (key: string, isAway: boolean, now: number): number => {
    if (!isAway) since.delete(key);
    const from = since.get(key) ?? now;
    // A clock that was stepped back must not make an absence older.
    if (isAway) since.set(key, Math.min(from, now));
    return Math.min(from, now);
  };
  const ofProvider = (name: string, now: number): Absence | undefined => {
    const entry = providers.get(name);
    const contact = entry?.lastContactAt();
    const silentSince = noticed(`provider ${name}`, entry === undefined || contact === undefined, now);
    if (entry !== undefined && isLeaving(entry.provider()))
      return { reason: "ProviderGone", what: `Provider ${name} is being removed`, since: 0, forGood: true };
    if (entry === undefined)
      return { reason: "ProviderGone", what: `Provider ${name} was removed`, since: silentSince };
    const from = contact ?? silentSince;
    return {
      reason: "ProviderUnreachable",
      what: `provider ${name} does not answer`,
      since: Math.min(from, now),
    };
  };
  const ofNode = (provider: string, name: string, now: number): Absence | undefined => {
    const node = pool.node(provider, name)?.node;
    const from = noticed(`node ${provider}/${name}`, node === undefined || !node.ready || node.leaving, now);
    if (node === undefined)
      return { reason: "NodeGone", what: `node ${name} of ${provider} is gone`, since: from };
    if (node.ready && !node.leaving) return undefined;
    return { reason: "NodeNotReady", what: `node ${name} of ${provider} is not ready`, since: from };
  };
  return {
    of: (places, now) => {
      const absences = places.flatMap(({ provider, tasks }) => {
        const silent = ofProvider(provider, now);
        // What is known of the nodes of a provider that says nothing is old news.
        const synced = providers.get(provider)?.synced() === true;
        const nodes = [...new Set(tasks.map(({ node }) => node))];
        return [silent, ...(synced ? nodes.map((node) => ofNode(provider, node, now)) : [])];
      });
      return absences
        .filter((absence) => absence !== undefined)
        .reduce<Absence | undefined>(
          (worst, each) => (worst === undefined || each.since < worst.since ? each : worst),
          undefined,
        );
    },
  };
}
