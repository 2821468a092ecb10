import { vendorIn } from "../vocabulary/vendor-in.ts";
import { hourlyBounds } from "./bounds.ts";
import { decide } from "./decide.ts";
import type { Placed } from "./decision.ts";
import { match } from "./match.ts";
import type { Fact } from "./reasons.ts";
import type { Fallback, GpuRequirement, Negotiation, Requirement } from "./requirement.ts";
import type { Money, Offer, Snapshot } from "./types.ts";

/** One rung of the ladder: the requirement after something was given up. */
export interface Rung {
  readonly fallback: Exclude<Fallback, "queue">;
  /** What is left of the asked when the fallback is granted, its bounds as they were. */
  readonly asked: Requirement;
  /** The same, on every second rung with its money bounds and minimums stretched as far as flexibility goes. */
  readonly requirement: Requirement;
  readonly stretched: boolean;
}

/** What the ladder came to. */
export type Relaxed =
  | {
      readonly outcome: "placed";
      readonly rung: Rung;
      readonly decision: Placed;
      /** The largest share by which price or resources are worse than asked. */
      readonly concession: number;
      /** True when the concession is above the threshold: somebody has to say yes first. */
      readonly needsConsent: boolean;
    }
  /** Nothing more is given up: wait for what was asked. */
  | { readonly outcome: "queue" }
  /** Every rung was tried, and waiting is not wanted. */
  | { readonly outcome: "none" };

/** What holds when an Intent says nothing about negotiation. */
export const NO_NEGOTIATION: Negotiation = {
  fallbacks: ["queue"],
  priceFlexibility: 0,
  resourceFlexibility: 0,
  autoAcceptThreshold: 0,
};

/**
 * Climbs the ladder of a requirement that has no place: each fallback in its order, on top of those before it, first
 * with the bounds as asked, then with the bounds stretched. The first rung that fits is taken; `queue` ends the climb.
 */
export function relax(snapshot: Snapshot, requirement: Requirement): Relaxed {
  const negotiation = requirement.negotiation ?? NO_NEGOTIATION;
  for (const rung of rungsOf(requirement, snapshot.offers)) {
    if (rung === "queue") return { outcome: "queue" };
    const decision = decide(snapshot, rung.requirement);
    if (!decision.placed) continue;
    const concession = concessionOf(snapshot, rung.asked, decision);
    const needsConsent = concession > negotiation.autoAcceptThreshold;
    return { outcome: "placed", rung, decision, concession, needsConsent };
  }
  return { outcome: "none" };
}

/** The rungs in their order. A fallback that changes nothing is left out. */
export function rungsOf(requirement: Requirement, offers: readonly Offer[]): readonly (Rung | "queue")[] {
  const negotiation = requirement.negotiation ?? NO_NEGOTIATION;
  const rungs: (Rung | "queue")[] = [];
  let current = requirement;
  for (const fallback of negotiation.fallbacks) {
    if (fallback === "queue") return [...rungs, "queue"];
    const next = giveUp(current, fallback, offers);
    if (next === undefined) continue;
    current = next;
    rungs.push({ fallback, stretched: false, asked: current, requirement: current });
    const stretched = stretch(current, negotiation);
    if (stretched) rungs.push({ fallback, stretched: true, asked: current, requirement: stretched });
  }
  return rungs;
}

/** What somebody has, of which something was given up. */
export type Taken = Pick<Placed, "placements" | "rate">;

/**
 * The rungs of a fallback by which somebody may go on with what it has, though it would be asked differently now: those whose
 * concession nobody has to agree to. Whether the offers fit on them is not looked at.
 */
export function rungsThatKeep(
  snapshot: Snapshot,
  requirement: Requirement,
  fallback: Rung["fallback"],
  taken: Taken,
): readonly Rung[] {
  const { autoAcceptThreshold } = requirement.negotiation ?? NO_NEGOTIATION;
  return rungsOf(requirement, snapshot.offers).filter(
    (rung): rung is Rung =>
      rung !== "queue" &&
      rung.fallback === fallback &&
      concessionOf(snapshot, rung.asked, taken) <= autoAcceptThreshold,
  );
}

function giveUp(
  requirement: Requirement,
  fallback: Rung["fallback"],
  offers: readonly Offer[],
): Requirement | undefined {
  const { gpu } = requirement;
  switch (fallback) {
    case "spot":
      return gpu.interruptible ? undefined : { ...requirement, gpu: { ...gpu, interruptible: true } };
    case "shared":
      // Dedicated means alone on the GPU: a share would be the opposite, not less of the same.
      return gpu.shared || gpu.dedicated ? undefined : { ...requirement, gpu: { ...gpu, shared: true } };
    case "lower-tier": {
      const lower = lowerTier(gpu, offers);
      return lower && { ...requirement, gpu: lower };
    }
  }
}

/**
 * Any model and tier of the same maker that is as large and fast: where memory or TFLOPS have no minimum of their own, the named model's
 * figures become one, which the stretched rung then lowers. Without such figures there is no measure, and nothing is
 * given up.
 */
function lowerTier(gpu: GpuRequirement, offers: readonly Offer[]): GpuRequirement | undefined {
  const { model, variant, tier, reference, ...rest } = gpu;
  if (model === undefined && variant === undefined && tier === undefined) return undefined;
  const figures = reference ?? figuresOf(gpu, offers);
  if (!figures) return undefined;
  // An image is built for one maker's GPUs.
  const vendor = rest.vendor ?? vendorIn(model);
  const memoryGiMin = rest.memoryGiMin ?? figures.memoryGi;
  const fp32TflopsMin = rest.fp32TflopsMin ?? figures.fp32Tflops;
  return {
    ...rest,
    ...(vendor !== undefined && { vendor }),
    ...(memoryGiMin !== undefined && { memoryGiMin }),
    ...(fp32TflopsMin !== undefined && { fp32TflopsMin }),
  };
}

/** The least figures of the offers that are what was named, whole GPUs only. */
function figuresOf(gpu: GpuRequirement, offers: readonly Offer[]): GpuRequirement["reference"] | undefined {
  const named = offers.filter(
    (offer) =>
      offer.gpu.sharing === "none" &&
      (gpu.model === undefined || offer.gpu.model === gpu.model) &&
      (gpu.variant === undefined || offer.gpu.variant === gpu.variant) &&
      (gpu.tier === undefined || offer.gpu.tier === gpu.tier),
  );
  if (named.length === 0) return undefined;
  const memoryGi = least(named.map((offer) => offer.gpu.memoryGi));
  const fp32Tflops = least(named.map((offer) => offer.gpu.fp32Tflops));
  return {
    ...(memoryGi !== undefined && { memoryGi }),
    ...(fp32Tflops !== undefined && { fp32Tflops }),
  };
}

function least(figures: readonly (number | undefined)[]): number | undefined {
  const told = figures.filter((figure) => figure !== undefined);
  return told.length === 0 ? undefined : Math.min(...told);
}

/** Money bounds up and minimums of resources down, as far as flexibility goes; undefined where that is nowhere. */
function stretch(requirement: Requirement, negotiation: Negotiation): Requirement | undefined {
  const { priceFlexibility, resourceFlexibility } = negotiation;
  if (priceFlexibility <= 0 && resourceFlexibility <= 0) return undefined;
  const { gpu, constraints } = requirement;
  const { maxHourly, maxTotal } = constraints;
  const more = (money: Money): Money => ({ ...money, amount: money.amount * (1 + priceFlexibility) });
  return {
    ...requirement,
    gpu: { ...gpu, ...lowered(gpu, resourceFlexibility) },
    constraints: {
      ...constraints,
      ...(maxHourly && { maxHourly: more(maxHourly) }),
      ...(maxTotal && { maxTotal: more(maxTotal) }),
    },
  };
}

const MINIMUMS = ["memoryGiMin", "coresMin", "clockHzMin", "fp32TflopsMin"] as const;

function lowered(gpu: GpuRequirement, share: number): Partial<GpuRequirement> {
  return Object.fromEntries(
    MINIMUMS.flatMap((name) => {
      const minimum = gpu[name];
      return minimum === undefined ? [] : [[name, minimum * (1 - share)]];
    }),
  );
}

/** By how much, as a share, the worst of price and resources misses what was asked. */
function concessionOf({ offers, currencyRates }: Snapshot, asked: Requirement, decision: Taken): number {
  const { maxHourly, maxTotal } = hourlyBounds(asked, currencyRates);
  const { maxHourly: _, maxTotal: __, ...constraints } = asked.constraints;
  const chosen = new Set(decision.placements.map(({ offer }) => offer));
  const misses = offers
    .filter(({ id }) => chosen.has(id))
    .flatMap((offer) => match({ ...asked, constraints }, offer, currencyRates))
    .map(({ has, needs }) => missOf(has, needs));
  return Math.max(0, above(decision.rate, maxHourly), above(decision.rate, maxTotal), ...misses);
}

const above = (rate: Money | undefined, bound: number | undefined): number =>
  rate === undefined || bound === undefined || bound <= 0 ? 0 : rate.amount / bound - 1;

const missOf = (has: Fact | undefined, needs: Fact): number =>
  typeof has === "number" && typeof needs === "number" && needs > 0 ? Math.abs(has - needs) / needs : 0;
