import { isDeepStrictEqual } from "node:util";
import type { Contract } from "../../../fluidos/contract.ts";
import type { FlavorFacts } from "../../../fluidos/flavor-facts.ts";
import { type FlavorUnits, gpusOf, vendorOf } from "../../../fluidos/gpus.ts";
import type { KnownCluster } from "../../../fluidos/identity.ts";
import type { PeeringCandidate, ReadCandidate } from "../../../fluidos/peering-candidate.ts";
import { type Sale, trueGpus } from "../../../fluidos/remainder.ts";
import { formatDuration } from "../../../units/duration.ts";
import { isCurrency } from "../../config-fields.ts";
import type { NodeRecord } from "../../inventory/node-record.ts";
import type { PooledNode } from "../../inventory/offer-pool.ts";
import { type NodeProblem, type OfferOptions, offersOf } from "../../inventory/offers.ts";

/** All that the offers of a federation follow from. */
export interface CandidateFacts {
  readonly candidates: readonly ReadCandidate[];
  readonly contracts: readonly Contract[];
  readonly knownClusters: readonly KnownCluster[];
  /** Whether an Intent holds something of a Flavor. */
  readonly isHeld: (flavor: string) => boolean;
  /** Whether what was peered for a Flavor that is held works; true while it is not peered yet. */
  readonly isWell: (flavor: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A candidate that rounds of discovery missed for so long is stale. */
  readonly staleAfterMs: number;
  /** One that nobody has seen for so long is stale, also where every round fails. */
  readonly forgetAfterMs: number;
}

/** FLUIDOS tells rates without a currency, and means euros. */
const CURRENCY = "EUR";
const GIB = 2 ** 30;

/** What can be had of a Flavor now, and how many GPUs it states, which is for how many its rate is. */
interface Units extends FlavorUnits {
  readonly stated: number;
}

/** How one Flavor stands: all that its offers follow from, beside the options that all offers have. */
export interface Standing {
  readonly flavor: FlavorFacts;
  /** Undefined where it does not tell what it has. */
  readonly units: Units | undefined;
  /** Why nothing of it can be had now. */
  readonly closed: string | undefined;
  readonly ready: boolean;
  readonly problems: readonly string[];
}

/** How the candidates with GPUs stand, by the name of their Flavor. `only`: no other Flavor than that. */
export function standingsOf(facts: CandidateFacts, only?: string): ReadonlyMap<string, Standing> {
  const soldBy = new Map(
    facts.contracts.flatMap(({ flavor, name }) => (flavor ? [[flavor.name, name]] : [])),
  );
  const around = { facts, sales: salesOf(facts), newest: newestSight(facts), shunned: shunnedSellers(facts) };
  const standings = new Map<string, Standing>();
  for (const [name, { flavor, candidate }] of flavorsOf(facts)) {
    if (only !== undefined && name !== only) continue;
    const standing = standingOf(flavor, { ...around, candidate, contract: soldBy.get(name) });
    if (standing !== undefined) standings.set(name, standing);
  }
  return standings;
}

/** Undefined where there are no GPUs for us. */
function standingOf(flavor: FlavorFacts, sighting: Sighting): Standing | undefined {
  const { facts, sales, candidate } = sighting;
  const problems = candidate?.problems ?? [];
  const gpus = gpusOf(flavor);
  if (gpus.kind === "none") return undefined;
  if (gpus.kind === "unclear") {
    const told = [...problems, gpus.problem];
    return { flavor, units: undefined, closed: undefined, ready: true, problems: told };
  }
  const isHeld = facts.isHeld(flavor.name);
  const units = trueUnits(flavor, gpus.units, sales, isHeld);
  if (units.total === 0) return undefined;
  return {
    flavor,
    units,
    closed: isHeld ? undefined : whyClosed(sighting),
    ready: !isHeld || facts.isWell(flavor.name),
    problems,
  };
}

/** Whether the offers of both are the same; what was not read anew since is the same object. */
export const isSameStanding = (before: Standing, after: Standing): boolean =>
  before.flavor === after.flavor &&
  before.closed === after.closed &&
  before.ready === after.ready &&
  isDeepStrictEqual([before.units, before.problems], [after.units, after.problems]);

const invalid = (flavor: string, message: string): NodeProblem => ({
  code: "invalid-annotation",
  message: `candidate ${flavor}: ${message}`,
});

/** What was sold, and what was and is given back: its rest is still what it was when it was sold. */
function salesOf({ contracts, candidates }: CandidateFacts): readonly Sale[] {
  const sold = contracts.flatMap(saleOf);
  const names = new Set(sold.map(({ flavor }) => flavor.name));
  const givenBack = candidates.flatMap((read): readonly Sale[] => {
    const { flavor, soldPart: part } = read.ok ? read.candidate : {};
    if (flavor === undefined || part === undefined || names.has(flavor.name)) return [];
    return [{ flavor, part, givenBack: true }];
  });
  return [...sold, ...givenBack];
}

const saleOf = ({ flavor, configuration }: Contract): readonly Sale[] =>
  flavor === undefined || configuration === undefined ? [] : [{ flavor, part: configuration }];

/** What is really there: of one that is held what was bought, for its rest is offered as another Flavor or not at all. */
function trueUnits(flavor: FlavorFacts, units: FlavorUnits, sales: readonly Sale[], isHeld: boolean): Units {
  const stated = units.total;
  const total = trueGpus(flavor, units.total, sales);
  if (!isHeld) return { ...units, total, free: Math.min(total, units.free), stated };
  const bought = sales.find((sale) => sale.flavor.name === flavor.name)?.part.gpus ?? 0;
  const part = bought > 0 ? Math.min(total, bought) : total;
  return { ...units, total: part, free: part, stated };
}

/** Flavors by name: of candidates, of several the one that was seen last, and those that Intents hold by a Contract alone. */
function flavorsOf({ candidates, contracts, isHeld }: CandidateFacts) {
  const found = new Map<string, { flavor: FlavorFacts; candidate?: PeeringCandidate }>();
  for (const { flavor } of contracts)
    if (flavor !== undefined && isHeld(flavor.name)) found.set(flavor.name, { flavor });
  for (const read of candidates) {
    if (!read.ok) continue;
    const { candidate } = read;
    const known = found.get(candidate.flavor.name)?.candidate;
    if (known === undefined || known.seenAt < candidate.seenAt)
      found.set(candidate.flavor.name, { flavor: candidate.flavor, candidate });
  }
  return found;
}

/**
 * When a candidate was seen last, of all. Age is counted from there and not from now: where one provider makes whole
 * rounds fail, nobody else's candidates are older for it.
 */
const newestSight = ({ candidates }: CandidateFacts): number =>
  candidates.reduce((newest, read) => (read.ok ? Math.max(newest, read.candidate.seenAt) : newest), 0);

interface Sighting {
  readonly facts: CandidateFacts;
  readonly sales: readonly Sale[];
  readonly candidate: PeeringCandidate | undefined;
  readonly newest: number;
  readonly shunned: ReturnType<typeof shunnedSellers>;
  readonly contract: string | undefined;
}

/** Providers of whom nothing is bought now, by nodeID: something was, and was of no use. */
const shunnedSellers = ({ candidates, now }: CandidateFacts) =>
  new Map(
    candidates.flatMap((read) => {
      const { flavor, refused } = read.ok ? read.candidate : {};
      const isShunned = refused?.ofSeller === true && refused.until > now;
      return isShunned && flavor !== undefined ? [[flavor.owner.nodeID, refused] as const] : [];
    }),
  );

function whyClosed({ facts, candidate, newest, shunned, contract }: Sighting): string | undefined {
  const { now, staleAfterMs, forgetAfterMs, knownClusters } = facts;
  const sold = contract ?? candidate?.soldBy;
  if (sold !== undefined) return `it was sold by ${sold}, and FLUIDOS takes none back`;
  if (candidate === undefined) return "it is not offered any more";
  const { flavor, refused, seenAt, available } = candidate;
  const known = knownClusters.find(({ address }) => address === flavor.owner.ip);
  if (known === undefined)
    return `its provider ${flavor.owner.nodeID} (${flavor.owner.ip}) is no KnownCluster`;
  const why = refused !== undefined && refused.until > now ? refused : shunned.get(flavor.owner.nodeID);
  if (why !== undefined) return `it is not tried before ${new Date(why.until).toISOString()}: ${why.because}`;
  if (newest - seenAt >= staleAfterMs) return "its provider does not offer it any more";
  if (now - seenAt >= forgetAfterMs) return `it was not seen for ${formatDuration(forgetAfterMs)} or longer`;
  if (!available || !flavor.available) return "somebody else reserves it";
  if (flavor.pods < 1) return "it has no room for pods";
  return undefined;
}

/**
 * A Flavor as a node of the Provider that leads to the federation. One that cannot be had now has offers with nothing
 * free, and a problem that says why.
 */
export function nodeOf(
  { flavor, units, closed: why, ready, problems }: Standing,
  options: OfferOptions,
): PooledNode {
  const { provider } = options;
  const node = recordOf(flavor, units, ready);
  const told = problems.map((message) => invalid(flavor.name, message));
  if (units === undefined) return { provider, node, offers: [], problems: told };
  const closed = options.closed ?? why;
  const made = offersOf(node, [], { ...options, ...(closed === undefined ? {} : { closed }) });
  return {
    provider,
    node,
    offers: made.offers.map((offer) => ({
      ...offer,
      free: Math.min(offer.free, units.free),
      soldOnce: true,
    })),
    problems: [...told, ...made.problems.map((each) => ofCandidate(flavor.name, each))],
  };
}

const ofCandidate = (flavor: string, { code, message }: NodeProblem): NodeProblem => ({
  code,
  message: message.replace(`node ${flavor}: `, `candidate ${flavor}: `),
});

/** The Flavor as if it were a node: what it says of its GPUs is what an agent's annotations say. */
function recordOf(flavor: FlavorFacts, units: Units | undefined, ready: boolean): NodeRecord {
  return {
    name: flavor.name,
    uid: "",
    hostname: flavor.name,
    architecture: flavor.architecture,
    ready,
    cordoned: false,
    leaving: false,
    taints: [],
    cpu: flavor.cpu,
    memoryGi: flavor.memoryBytes / GIB,
    pods: flavor.pods,
    devices: new Map(units === undefined ? [] : [[units.resource, units.total]]),
    region: undefined,
    zone: undefined,
    description: { values: valuesOf(flavor, units), invalid: [] },
  };
}

/** What a node's annotations would say. A rate is of all GPUs: of fewer it is the less. */
function valuesOf(flavor: FlavorFacts, units: Units | undefined): NodeRecord["description"]["values"] {
  const { values, price, owner, additional } = flavor;
  const share = units === undefined ? 1 : Math.min(1, units.total / units.stated);
  const stated = values["gpu.fluidos.eu/count"] ?? units?.stated ?? 1;
  const amount = price.amount === "" ? Number.NaN : Number(price.amount);
  const rate =
    values["cost.fluidos.eu/hourly-rate"] ?? (Number.isFinite(amount) && amount >= 0 ? amount : undefined);
  const currency = isCurrency(price.currency) ? price.currency : CURRENCY;
  const vendor = vendorOf(flavor);
  return {
    ...values,
    ...(vendor === undefined ? {} : { "gpu.fluidos.eu/vendor": vendor }),
    ...(flavor.additional?.variant === undefined
      ? {}
      : { "gpu.fluidos.eu/variant": flavor.additional.variant }),
    "gpu.fluidos.eu/count": Math.max(1, Math.round(stated * share)),
    "provider.fluidos.eu/name":
      values["provider.fluidos.eu/name"] ?? additional?.operator ?? additional?.provider ?? owner.nodeID,
    ...(rate === undefined
      ? {}
      : { "cost.fluidos.eu/hourly-rate": rate * share, "cost.fluidos.eu/currency": currency }),
  } as NodeRecord["description"]["values"];
}
