import { emptied, nodeKey } from "../../allocation/capacity.ts";
import { decide } from "../../allocation/decide.ts";
import type { Decision, NotPlaced, Placed, Placement } from "../../allocation/decision.ts";
import { type Ledger, release, reserve } from "../../allocation/ledger.ts";
import { relax } from "../../allocation/relax.ts";
import type { Requirement } from "../../allocation/requirement.ts";
import { suggest } from "../../allocation/suggest.ts";
import type { Offer } from "../../allocation/types.ts";
import { explain } from "./explain.ts";
import { type Holder, preempt } from "./preempt.ts";
import type { Waiting } from "./queue-order.ts";
import { type FormerPlace, isWhole, offersOf } from "./returning.ts";

/** An Intent that waits, with what it asks. */
export interface Asking extends Waiting {
  readonly uid: string;
  readonly requirement: Requirement;
  /** GPUs that it would get. */
  readonly gpus: number;
  /** Providers, and nodes as `provider/node`, that it fled from and that are not clean yet. */
  readonly avoids: ReadonlySet<string>;
  /** How long it waits before it gives up anything, milliseconds. */
  readonly patienceMs: number;
  /** Where it was before it was suspended, and goes back to if it can. */
  readonly place?: FormerPlace | undefined;
}

/** What an Intent's turn came to. */
export type Outcome =
  | {
      readonly result: "placed";
      readonly decision: Placed;
      readonly offers: readonly Offer[];
      readonly relaxed?: string;
    }
  | { readonly result: "waits"; readonly reason: string; readonly decision: Decision }
  | {
      readonly result: "preempts";
      readonly reason: string;
      readonly decision: Decision;
      readonly victims: readonly Holder[];
    }
  | { readonly result: "ends"; readonly reason: string };

/** One pass over the queue: what is left to give, and what is kept for those who wait longest. */
export interface Pass {
  ledger: Ledger;
  readonly now: number;
  /** GPUs that are being given back: placements of those who left and whose providers answer. */
  readonly leaving: readonly Placement[];
  /** Interruptible ones that may be displaced. */
  holders: readonly Holder[];
  /** Nodes that are kept free for somebody who comes before. */
  readonly kept: Set<string>;
  /** Who waits longer than this has nodes kept for it, milliseconds. */
  readonly starvesAfterMs: number;
  /** Answers to questions that were asked in this pass: the ledger only shrinks, so a no stays a no. */
  readonly refused: Map<string, NotPlaced>;
  /** Suggestions that may still be worked out: they cost many decisions each. */
  suggestions: number;
}

/** Gives one Intent its turn. What it gets is taken off the pass's ledger. */
export function takeTurn(pass: Pass, asking: Asking): Outcome {
  const { place } = asking;
  if (place === undefined) return ask(pass, asking);
  const decision = goBack(pass, asking, place);
  if (decision.placed) return take(pass, decision, place.relaxed);
  if (place.bound === undefined) return ask(pass, { ...asking, place: undefined });
  const displaced = displace(pass, asking);
  if (displaced !== undefined) return { ...displaced, decision };
  if (pass.now - asking.since >= pass.starvesAfterMs) keepFor(pass, asking);
  return { result: "waits", reason: `${place.bound}: ${explain(decision, pass.ledger.offers)}`, decision };
}

/** Asks for what it had, on the terms on which it had it. */
function goBack(pass: Pass, asking: Asking, place: FormerPlace): Decision {
  const open = openOffers(pass, asking);
  const decision = decide(open, asking.requirement);
  if (decision.placed || place.relaxed === undefined) return decision;
  const again = relax(open, asking.requirement);
  return again.outcome === "placed" && isWhole(place, again.decision) ? again.decision : decision;
}

function ask(pass: Pass, asking: Asking): Outcome {
  const { requirement } = asking;
  const open = openOffers(pass, asking);
  const decision = decideOnce(pass, open, asking);
  if (decision.placed) return take(pass, decision);
  const waitedMs = pass.now - asking.since;
  const isImpatient = waitedMs >= asking.patienceMs;
  const relaxed = isImpatient ? relax(open, requirement) : undefined;
  if (relaxed?.outcome === "placed" && !relaxed.needsConsent)
    return take(pass, relaxed.decision, relaxed.rung.fallback);
  if (relaxed?.outcome === "none")
    return { result: "ends", reason: withSuggestion(pass, requirement, decision) };
  const displaced = displace(pass, asking);
  if (displaced !== undefined) return { ...displaced, decision };
  if (waitedMs >= pass.starvesAfterMs) keepFor(pass, asking);
  const consent =
    relaxed?.outcome === "placed"
      ? `; a place with fallback ${relaxed.rung.fallback} is there, further off what was asked than autoAcceptThreshold`
      : "";
  return { result: "waits", reason: `${withSuggestion(pass, requirement, decision)}${consent}`, decision };
}

/** The pass's offers without the nodes that are kept for others, or that the Intent avoids; those of its place, if any. */
export function openOffers(
  { ledger, kept }: Pick<Pass, "ledger" | "kept">,
  { avoids, place }: Pick<Asking, "avoids" | "place">,
): Ledger {
  if (kept.size === 0 && avoids.size === 0 && place === undefined) return ledger;
  const isOpen = (offer: Offer): boolean =>
    !kept.has(nodeKey(offer)) && !avoids.has(nodeKey(offer)) && !avoids.has(offer.provider);
  const open = ledger.offers.filter(isOpen);
  return { ...ledger, offers: place === undefined ? open : offersOf(place, open) };
}

function decideOnce(pass: Pass, open: Ledger, { requirement, avoids }: Asking): Decision {
  const question = JSON.stringify([requirement, ...avoids]);
  const known = pass.refused.get(question);
  if (known !== undefined) return known;
  const decision = decide(open, requirement);
  if (!decision.placed) pass.refused.set(question, decision);
  return decision;
}

function take(pass: Pass, decision: Placed, relaxed?: string): Outcome {
  const { offers } = pass.ledger;
  pass.ledger = reserve(pass.ledger, decision.placements);
  return { result: "placed", decision, offers, ...(relaxed === undefined ? {} : { relaxed }) };
}

/** GPUs that come back by themselves are waited for before anybody is displaced. */
function displace(
  pass: Pass,
  asking: Asking,
): Omit<Extract<Outcome, { result: "preempts" }>, "decision"> | undefined {
  const { requirement } = asking;
  const lower = pass.holders.filter(({ priority }) => priority < requirement.priority);
  if (lower.length === 0 && pass.leaving.length === 0) return undefined;
  const open = (ledger: Ledger): Ledger => openOffers({ ledger, kept: pass.kept }, asking);
  const ledger = release(pass.ledger, pass.leaving);
  const soon = decide(open(ledger), requirement);
  if (soon.placed) {
    keepNodes(pass, soon);
    return {
      result: "preempts",
      reason: `waits for GPUs that are being given back on ${nodesOf(soon)}`,
      victims: [],
    };
  }
  const found = preempt(ledger, requirement, lower, open);
  if (found === undefined) return undefined;
  keepNodes(pass, found.decision);
  const uids = new Set(found.victims.map(({ uid }) => uid));
  pass.holders = pass.holders.filter(({ uid }) => !uids.has(uid));
  const reason = `displaces ${uids.size} interruptible of lower priority on ${nodesOf(found.decision)}`;
  return { result: "preempts", reason, victims: found.victims };
}

/** The nodes that it would get if nobody used them take nothing new until it had its turn. */
function keepFor(pass: Pass, { requirement, place }: Asking): void {
  const idle = pass.ledger.told.map(emptied);
  const offers = place === undefined ? idle : offersOf(place, idle);
  const decision = decide({ ...pass.ledger, offers }, { ...requirement, cpu: 0, memoryGi: 0 });
  if (decision.placed) keepNodes(pass, decision);
}

function keepNodes(pass: Pass, { placements }: Placed): void {
  for (const placement of placements) pass.kept.add(nodeKey(placement));
}

const nodesOf = ({ placements }: Placed): string => [...new Set(placements.map(nodeKey))].join(", ");

function withSuggestion(pass: Pass, requirement: Requirement, decision: Decision): string {
  const told = explain(decision, pass.ledger.offers);
  if (decision.placed || decision.couldFit || pass.suggestions <= 0) return told;
  pass.suggestions -= 1;
  const [best] = suggest(pass.ledger, requirement);
  return best === undefined ? told : `${told}; it would fit with ${best.alternative}`;
}
