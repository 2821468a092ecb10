import type { Terms } from "./objective.ts";
import type { ReasonCode } from "./reasons.ts";
import type { Strategy } from "./requirement.ts";
import type { Money, Objective } from "./types.ts";

/** Tasks that go to one offer. Plain data: it can be kept in a status and given to the ledger later. */
export interface Placement {
  /** The id of the Offer. */
  readonly offer: string;
  readonly provider: string;
  readonly node: string;
  readonly resource: string;
  readonly tasks: number;
  /** Whole units of `resource` that all of these tasks take; CPU in cores and memory in GiB likewise. */
  readonly units: number;
  readonly cpu: number;
  readonly memoryGi: number;
  /** Which devices, where the offer tells them one by one, and how many thousandths of each. */
  readonly devices?: readonly DeviceShare[];
  /** True when nobody else may use the node meanwhile. */
  readonly exclusive: boolean;
  /** Of all of these tasks, or of the whole node where it is exclusive; absent: not known. */
  readonly rate?: Money;
}

export interface DeviceShare {
  /** Position in the offer's `devices`. */
  readonly device: number;
  readonly milli: number;
}

/** Offers that a condition rejected. */
export interface Rejected {
  readonly code: ReasonCode;
  /** Offers of which this is the first reason: over all codes these add up to the rejected offers. */
  readonly count: number;
  /** Offers that fail this condition, whatever else they fail. */
  readonly failing: number;
}

/** A whole answer that was possible too. */
export interface Alternative {
  readonly placements: readonly Placement[];
  readonly rate?: Money;
  readonly value?: number;
}

/** Why one of the chosen offers: what each of its tasks gets there. */
export interface Why {
  readonly offer: string;
  readonly terms: Terms;
  /** The objective's value of one task; absent where the offer does not tell it. */
  readonly value?: number;
}

/**
 * The term of the order that set the first offer apart from the next; `together`: others who were decided at the same
 * time needed the place that it would have had alone; `moved`: it left its place for somebody who had none.
 */
export type DecidedBy =
  | "only-one"
  | "objective"
  | "second-term"
  | "fabric"
  | "rate"
  | "packing"
  | "name"
  | "together"
  | "moved";

/** What every decision tells, placed or not. */
export interface DecisionRecord {
  readonly objective: Objective;
  readonly strategy: Strategy;
  /** considered = fitting + the sum of `count` over `rejected`. */
  readonly considered: number;
  readonly fitting: number;
  readonly rejected: readonly Rejected[];
}

export interface Placed extends DecisionRecord {
  readonly placed: true;
  readonly placements: readonly Placement[];
  /** Of the whole Intent in the asked currency; absent: not known. */
  readonly rate?: Money;
  /**
   * The objective over all tasks: performance, cost and energy as sums, latency and balanced as means. Absent where a
   * chosen offer does not tell it.
   */
  readonly value?: number;
  /** No placement of these tasks on these offers can have a better value. */
  readonly bound?: number;
  /** True when the value is proved to be the best one. */
  readonly optimal: boolean;
  readonly decidedBy: DecidedBy;
  readonly why: readonly Why[];
  readonly alternatives: readonly Alternative[];
}

/** Why the tasks as a whole have no place. */
export type Failure =
  /** No offer fits even one task; `rejected` says why. */
  | { readonly code: "no-offer-fits" }
  /** Only so many tasks have a place at the same time (and, colocated, in one zone). */
  | { readonly code: "capacity"; readonly has: number; readonly needs: number }
  /** Distributed over so many nodes only. */
  | { readonly code: "distribution"; readonly has: number; readonly needs: number }
  /** The least that was found for all tasks, above the bound. */
  | {
      readonly code: "max-hourly-cost" | "max-total-cost" | "carbon";
      readonly has: number;
      readonly needs: number;
    };

export interface NotPlaced extends DecisionRecord {
  readonly placed: false;
  readonly failure: Failure;
  /** True when it could be placed if nobody used the offers: worth a place in the queue. */
  readonly couldFit: boolean;
}

export type Decision = Placed | NotPlaced;
