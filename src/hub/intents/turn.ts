import { emptied } from "../../allocation/capacity.ts";
import { decide } from "../../allocation/decide.ts";
import type { Decision, Placed } from "../../allocation/decision.ts";
import { type Ledger, release, reserve } from "../../allocation/ledger.ts";
import { relax } from "../../allocation/relax.ts";
import type { Requirement } from "../../allocation/requirement.ts";
import { suggest } from "../../allocation/suggest.ts";
import { explain } from "./explain.ts";
import { makeRoom } from "./make-room.ts";
import { type Asking, isOpenTo, keepNodes, nodesOf, type Outcome, openOffers, type Pass } from "./pass.ts";
import { preempt } from "./preempt.ts";
import { type FormerPlace, isWhole, offersOf } from "./returning.ts";

export type { Asking, Outcome, Pass } from "./pass.ts";
export { openOffers } from "./pass.ts";

/** Gives one Intent its turn. What it gets is taken off the pass's ledger. */
export function takeTurn(pass: Pass, asking: Asking): Outcome {
  const { place } = asking;
  if (place === undefined) return ask(pass, asking);
  const decision = goBack(pass, asking, place);
  if (decision.placed) return take(pass, decision, place.relaxed);
  if (place.bound === undefined) return ask(pass, { ...asking, place: undefined });
  const displaced = displace(pass, asking, decision);
  if (displaced !== undefined) return displaced;
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
  const elsewhere = askElsewhere(pass, asking);
  if (elsewhere !== undefined) return elsewhere;
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
  const displaced = displace(pass, asking, decision);
  if (displaced !== undefined) return displaced;
  if (waitedMs >= pass.starvesAfterMs) keepFor(pass, asking);
  const consent =
    relaxed?.outcome === "placed"
      ? `; a place with fallback ${relaxed.rung.fallback} is there, further off what was asked than autoAcceptThreshold`
      : "";
  return { result: "waits", reason: `${withSuggestion(pass, requirement, decision)}${consent}`, decision };
}

/** A place that is not among those where it did not start, if there is one. */
function askElsewhere(pass: Pass, asking: Asking): Outcome | undefined {
  const { shuns = new Set(), requirement } = asking;
  if (shuns.size === 0) return undefined;
  const avoids = new Set([...asking.avoids, ...shuns]);
  const decision = decide(openOffers(pass, { ...asking, avoids }), requirement);
  return decision.placed ? take(pass, decision) : undefined;
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

/** GPUs that come back by themselves are waited for before anybody is moved, and others are moved before they are displaced. */
function displace(pass: Pass, asking: Asking, decision: Decision): Outcome | undefined {
  return (
    awaitLeaving(pass, asking, decision) ?? makeRoom(pass, asking, decision) ?? evict(pass, asking, decision)
  );
}

const openTo =
  ({ kept }: Pass, asking: Asking) =>
  (ledger: Ledger): Ledger =>
    openOffers({ ledger, kept }, asking);

function awaitLeaving(pass: Pass, asking: Asking, decision: Decision): Outcome | undefined {
  if (pass.leaving.length === 0) return undefined;
  const soon = decide(openTo(pass, asking)(release(pass.ledger, pass.leaving)), asking.requirement);
  if (!soon.placed) return undefined;
  keepNodes(pass, soon);
  const reason = `waits for GPUs that are being given back on ${nodesOf(soon)}`;
  return { result: "preempts", reason, decision, victims: [] };
}

function evict(pass: Pass, asking: Asking, decision: Decision): Outcome | undefined {
  const { requirement } = asking;
  const lower = pass.holders.filter(({ priority }) => priority < requirement.priority);
  if (lower.length === 0) return undefined;
  const found = preempt(release(pass.ledger, pass.leaving), requirement, lower, openTo(pass, asking));
  if (found === undefined) return undefined;
  keepNodes(pass, found.decision);
  const uids = new Set(found.victims.map(({ uid }) => uid));
  pass.holders = pass.holders.filter(({ uid }) => !uids.has(uid));
  const reason = `displaces ${uids.size} interruptible of lower priority on ${nodesOf(found.decision)}`;
  return { result: "preempts", reason, decision, victims: found.victims };
}

/** The nodes that it would get if nobody used them take nothing new until it had its turn. */
function keepFor(pass: Pass, { requirement, place, avoids }: Asking): void {
  const idle = pass.ledger.told.map(emptied).filter((offer) => isOpenTo({ kept: new Set(), avoids }, offer));
  const offers = place === undefined ? idle : offersOf(place, idle);
  const decision = decide({ ...pass.ledger, offers }, { ...requirement, cpu: 0, memoryGi: 0 });
  if (decision.placed) keepNodes(pass, decision);
}

function withSuggestion(pass: Pass, requirement: Requirement, decision: Decision): string {
  const told = explain(decision, pass.ledger.offers);
  if (decision.placed || decision.couldFit || pass.suggestions <= 0) return told;
  pass.suggestions -= 1;
  const [best] = suggest(pass.ledger, requirement);
  return best === undefined ? told : `${told}; it would fit with ${best.alternative}`;
}
