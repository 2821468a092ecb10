import type { Decision } from "../allocation/decision.ts";
import type { MovePlan } from "../allocation/plan-moves.ts";
import type { Relaxed } from "../allocation/relax.ts";
import type { Requirement } from "../allocation/requirement.ts";
import type { Suggestion } from "../allocation/suggest.ts";

/** What would become of one Intent. */
export interface Simulation {
  readonly name: string;
  readonly requirement: Requirement;
  readonly decision: Decision;
  /** Where the asked does not fit: what its negotiation would come to. */
  readonly relaxed?: Relaxed;
  /** Which Intents before it, that may be interrupted, would have to move so that it has room, and where to. */
  readonly room?: MovePlan;
  readonly suggestions: readonly Suggestion[];
}
