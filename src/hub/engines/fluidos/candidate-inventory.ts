import { isDeepStrictEqual } from "node:util";
import type { FillableOfferPool, PooledNode } from "../../inventory/offer-pool.ts";
import type { OfferOptions } from "../../inventory/offers.ts";
import type { Reservations } from "../../inventory/reservations.ts";
import { isSameStanding, nodeOf, type Standing, standingsOf } from "./candidate-offers.ts";
import type { FluidosConfig } from "./config.ts";
import type { ConsumerView } from "./consumer-view.ts";
import { isPeeringWell } from "./peering.ts";

export interface CandidateInventoryOptions {
  readonly provider: string;
  readonly view: ConsumerView;
  readonly pool: Pick<FillableOfferPool, "update" | "retain">;
  readonly reservations: Pick<Reservations, "on">;
  readonly offerOptions: () => OfferOptions;
  readonly config: FluidosConfig;
  readonly now: () => number;
  readonly onComplete?: () => void;
  /** Runs later, soon: `setImmediate`. */
  readonly defer?: (work: () => void) => void;
}

/** The candidates of a federation, turned into offers as they change. */
export interface CandidateInventory {
  /** Makes all offers anew, soon. */
  refresh(): void;
  /** Makes the offers of one Flavor anew, before it returns. */
  refreshNow(flavor: string): void;
  isComplete(): boolean;
  /** Makes no more offers. */
  close(): void;
}

/** A round that failed, or was late, makes no candidate stale; two that missed it do. */
const ROUNDS = 2.5;

/** Creates an inventory that tells nothing before the view is synced. */
export function createCandidateInventory(options: CandidateInventoryOptions): CandidateInventory {
  const { provider, view, pool, config, now, defer = setImmediate } = options;
  let [closed, scheduled, complete] = [false, false, false];
  let known: ReadonlySet<string> = new Set();
  const make = createMaker();

  const nodes = (only?: string): ReadonlyMap<string, PooledNode> => {
    const facts = {
      candidates: view.candidates(),
      contracts: view.contracts(),
      knownClusters: view.knownClusters(),
      isHeld: (flavor: string) => options.reservations.on(provider, flavor).length > 0,
      isWell: (flavor: string) => isPeeringWell(view, flavor),
      now: now(),
      staleAfterMs: config.discoverEvery * ROUNDS,
      forgetAfterMs: config.forgetAfter,
    };
    return make(standingsOf(facts, only), options.offerOptions(), only === undefined);
  };
  const refreshAll = (): void => {
    if (closed || !view.synced()) return;
    const made = nodes();
    const gone = [...known].filter((name) => !made.has(name)).map((name) => [name, undefined] as const);
    if (complete) pool.update(provider, new Map([...made, ...gone]));
    else {
      pool.retain(provider, new Set(made.keys()));
      pool.update(provider, made);
    }
    known = new Set(made.keys());
    if (complete) return;
    complete = true;
    options.onComplete?.();
  };
  return {
    refresh: () => {
      if (scheduled || closed) return;
      scheduled = true;
      defer(() => {
        scheduled = false;
        refreshAll();
      });
    },
    refreshNow: (flavor) => {
      if (closed || !complete) return;
      const made = nodes(flavor).get(flavor);
      if (made === undefined && !known.has(flavor)) return;
      pool.update(provider, new Map([[flavor, made]]));
      known = new Set(made === undefined ? [...known].filter((name) => name !== flavor) : [...known, flavor]);
    },
    isComplete: () => complete,
    close: () => {
      closed = true;
    },
  };
}

interface Made {
  readonly standing: Standing;
  readonly options: OfferOptions;
  readonly node: PooledNode;
}

type Make = (
  standings: ReadonlyMap<string, Standing>,
  options: OfferOptions,
  areAll: boolean,
) => ReadonlyMap<string, PooledNode>;

/**
 * Makes the offers of those Flavors that stand otherwise than before, and keeps the others: while many Intents buy, each
 * of their steps has all Flavors looked at.
 */
function createMaker(): Make {
  let kept: ReadonlyMap<string, Made> = new Map();
  let last: OfferOptions | undefined;
  return (standings, given, areAll) => {
    const options = last !== undefined && isDeepStrictEqual(last, given) ? last : given;
    last = options;
    const made = new Map(
      [...standings].map(([name, standing]) => {
        const before = kept.get(name);
        const isSame = before?.options === options && isSameStanding(before.standing, standing);
        return [name, isSame ? before : { standing, options, node: nodeOf(standing, options) }];
      }),
    );
    kept = areAll ? made : new Map([...kept, ...made]);
    return new Map([...made].map(([name, { node }]) => [name, node]));
  };
}
