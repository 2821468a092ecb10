import type { FailedStart } from "../../intent/status-schema.ts";
import { formatDuration } from "../../units/duration.ts";
import type { Failure } from "../engines/open-provider.ts";
import { timestamp } from "./conditions.ts";
import type { IntentView } from "./intent-view.ts";
import { leftStatus } from "./next-status.ts";
import { failedStarts, type StartLimits, type Trouble, triedAgainAt, untilGivenUp } from "./start.ts";
import type { Step } from "./step.ts";

interface GiveUpFacts {
  readonly now: number;
  readonly startLimits: StartLimits;
}

type WriteStep = Extract<Step, { do: "write" }>;

const LONGEST_MESSAGE = 2000;

/**
 * The start has failed: its GPUs are given back. It looks for another place where that may help, waits where the cause goes
 * with it, and has failed where waiting is of no use or it was tried often enough.
 */
export function giveUp(view: IntentView, trouble: Trouble, { now, startLimits }: GiveUpFacts): WriteStep {
  const before = failedStarts(view);
  const failed = [...before, failedStart(view, trouble, now)];
  const after = { ...view, status: { ...view.status, start: { failed } } };
  const isLast = failed.length >= startLimits.attempts || (trouble.isFinal && trouble.blame === "Intent");
  const { node, provider } = view.status.placement ?? {};
  const since = Date.parse(view.status.start?.since ?? "");
  const waited = Number.isNaN(since) ? "" : ` within ${formatDuration(inSeconds(now - since))}`;
  const outlook = isLast
    ? `its GPUs were given back${before.length === 0 ? "" : ` after ${failed.length} starts`}; it is tried again when its spec is changed`
    : whatNext(trouble, triedAgainAt(after, startLimits) ?? now);
  const message = `it did not start${waited} on ${node} of ${provider}: ${trouble.message}: ${outlook}`;
  const reason = isLast ? "StartFailed" : "NotStarted";
  const left = leftStatus(view, { reason, message, phase: isLast ? "Failed" : "Queued" }, now);
  return {
    do: "write",
    status: { ...left, start: { failed } },
    say: { type: "Warning", reason, message: left.message ?? message },
  };
}

const inSeconds = (ms: number): number => Math.max(0, Math.round(ms / 1000)) * 1000;

const whatNext = ({ blame }: Trouble, againAt: number): string =>
  blame === "Intent"
    ? `its GPUs were given back, and it is tried again from ${timestamp(againAt)} on`
    : "it looks for another place";

function failedStart(view: IntentView, trouble: Trouble, now: number): FailedStart {
  const { tasks = [], engine } = view.status.placement ?? {};
  // At the door of a federation each Flavor may lead to another cluster.
  const isOfNode = trouble.blame === "Node" || engine === "fluidos";
  const places = tasks.map(({ provider, node }) => (isOfNode ? `${provider}/${node}` : provider));
  return {
    at: timestamp(now),
    reason: trouble.reason,
    message: trouble.message.slice(0, LONGEST_MESSAGE),
    generation: view.generation,
    heldAgainst: trouble.blame === "Intent" ? [] : [...new Set(places)],
  };
}

/** Failures of a provider that is away: how long that is borne the Intent says itself. */
const AWAY: readonly string[] = ["ProviderGone", "ProviderUnreachable", "ProviderTimeout"];
/** Failures that no other provider would help with. */
const OWN: readonly string[] = ["SecretMissing", "SecretForbidden"];

/** What is in the way of making its objects; undefined where nothing is wrong, or the provider is only away. */
export function troubleIn({ reason, message, outlook }: Failure): Trouble | undefined {
  if (outlook !== undefined || AWAY.includes(reason)) return undefined;
  return { reason, message, blame: OWN.includes(reason) ? "Intent" : "Provider", isFinal: false };
}

/** How it leaves a place where its objects cannot be made: at once where that is hopeless, else after its time; undefined until then. */
export function giveUpAs(view: IntentView, failure: Failure, facts: GiveUpFacts): WriteStep | undefined {
  const { reason, message, outlook } = failure;
  if (outlook === "hopeless") {
    const told = `${message}: it looks for another place`;
    return {
      do: "write",
      status: leftStatus(view, { reason, message: told, phase: "Queued" }, facts.now),
      say: { type: "Warning", reason, message: told },
    };
  }
  const trouble = troubleIn(failure);
  // What runs by an earlier spec goes on.
  if (trouble === undefined || view.status.phase === "Running") return undefined;
  const sign = { trouble, isAtWork: false };
  const leftMs = untilGivenUp(view, sign, facts.startLimits, facts.now);
  return leftMs !== undefined && leftMs <= 0 ? giveUp(view, trouble, facts) : undefined;
}
