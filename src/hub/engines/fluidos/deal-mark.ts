import { KEYS } from "../../../workload/identity.ts";
import { type IntentIdentity, labelValue, shortHash } from "../../../workload/names.ts";

/** Annotations of what is written for a deal, beside those of every object of an Intent. */
export const DEAL_KEYS = {
  /** The Flavor that is bought, and the namespace of the Intent's place. */
  flavor: "flare.clastix.io/flavor",
  place: "flare.clastix.io/place",
  /** When its node was ready with the GPUs for the first time (RFC 3339): from then on it can be lost. */
  peered: "flare.clastix.io/peered-since",
} as const;

/** What an Intent buys in a place: a part of one Flavor. */
export interface DealIdentity {
  readonly hub: string;
  readonly intent: IntentIdentity;
  readonly provider: string;
  /** Namespace of the place. */
  readonly namespace: string;
  readonly flavor: string;
  /** When the place was decided on, as the status has it. */
  readonly since: string;
}

/**
 * The name of a deal's Reservation and Allocation. The same at every try, so that a hub that died in between finds what it
 * wrote; another for every new decision, because what failed once in FLUIDOS stays failed under its name.
 */
export const dealName = ({ intent, namespace, flavor, since }: DealIdentity): string =>
  `flare-${shortHash([intent.uid, namespace, flavor, since].join("\n"))}`;

/** Less than anybody asks for. */
const MOST_BYTES = 2 ** 18;

/**
 * Bytes by which a deal takes more memory than it needs. What FLUIDOS offers as the rest of a sale refers to nothing: it
 * is known by what is missing, to the byte, which without this would be the same for all who buy alike.
 */
export const tellTale = (identity: DealIdentity): number =>
  Number.parseInt(shortHash(dealName(identity)), 36) % MOST_BYTES;

export interface Mark {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Labels and annotations of what is written for a deal. */
export function dealMark({ hub, intent, provider, namespace, flavor }: DealIdentity): Mark {
  return {
    labels: {
      "app.kubernetes.io/managed-by": "flare",
      [KEYS.hub]: labelValue(hub),
      [KEYS.intentUid]: labelValue(intent.uid),
      [DEAL_KEYS.place]: labelValue(namespace),
    },
    annotations: {
      [KEYS.intent]: `${intent.namespace}/${intent.name}`,
      [KEYS.provider]: provider,
      [DEAL_KEYS.flavor]: flavor,
      [DEAL_KEYS.place]: namespace,
    },
  };
}

/** Label selector for what was written for one place of an Intent. */
export const placeSelector = (hub: string, intent: IntentIdentity, namespace: string): string =>
  [
    "app.kubernetes.io/managed-by=flare",
    `${KEYS.hub}=${labelValue(hub)}`,
    `${KEYS.intentUid}=${labelValue(intent.uid)}`,
    `${DEAL_KEYS.place}=${labelValue(namespace)}`,
  ].join(",");
