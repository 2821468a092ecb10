import * as z from "zod";
import type { Part } from "./configuration.ts";
import { roundTime } from "./discovery.ts";
import type { FlavorFacts } from "./flavor-facts.ts";
import { parseFlavor } from "./parse-flavor.ts";
import { type IsRegion, unswapped } from "./places.ts";
import { anyFields, fields, flag, metadata, names, time } from "./wire.ts";

/** Our annotations on somebody else's object: what a restart, or another replica, has to know of a candidate. */
export const CANDIDATE_KEYS = {
  /** Name of the Contract by which it was sold to us: FLUIDOS takes none back. */
  soldBy: "flare.clastix.io/sold-by",
  /** When we gave it back (RFC 3339): a round of discovery since then that finds it shows that it is offered anew. */
  givenBack: "flare.clastix.io/given-back",
  /** The part of it that was bought, as JSON: what FLUIDOS offers as the rest is known by it. */
  soldPart: "flare.clastix.io/sold-part",
  /** Until when it is not tried again (RFC 3339), and why. */
  refusedUntil: "flare.clastix.io/refused-until",
  refusedBecause: "flare.clastix.io/refused-because",
  /** `true`: it was the fault of its provider, so that nothing else of that is tried either until then. */
  refusedSeller: "flare.clastix.io/refused-seller",
  /** The transaction of a purchase that was not waited for, and the Intent (name, uid) that it was for: it may still go through. */
  latePurchase: "flare.clastix.io/late-purchase",
} as const;

/** A purchase that was not waited for, and the Intent that it was for: `namespace/name`, and its uid where that is known. */
export interface LatePurchase {
  readonly transaction: string;
  readonly intent: string;
  readonly uid: string;
}

/** A Flavor of another domain, as this cluster was told of it. */
export interface PeeringCandidate {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** What FLUIDOS says; a later Discovery says so again of one that is taken. */
  readonly available: boolean;
  /** Solvers that found it, or reserved it. */
  readonly interested: readonly string[];
  /** When a provider was last heard to offer it (ms). */
  readonly seenAt: number;
  readonly flavor: FlavorFacts;
  /** What of the Flavor could not be read. */
  readonly problems: readonly string[];
  /** The Contract by which it was sold to us, unless its provider has offered it anew since. */
  readonly soldBy: string | undefined;
  readonly soldPart: Part | undefined;
  readonly refused:
    | { readonly until: number; readonly because: string; readonly ofSeller: boolean }
    | undefined;
  readonly latePurchase: LatePurchase | undefined;
  /** Our annotations as they are written, by key. */
  readonly notes: Readonly<Record<string, string>>;
}

export type ReadCandidate =
  | { readonly ok: true; readonly candidate: PeeringCandidate }
  | { readonly ok: false; readonly problem: string };

const form = fields({
  metadata,
  spec: fields({
    available: flag,
    flavor: anyFields,
    interestedSolverIDs: names,
  }),
  status: fields({ creationTime: time, lastUpdateTime: time }),
});

/** Reads a PeeringCandidate. Never throws; one whose Flavor is no K8Slice is a problem. */
export function parsePeeringCandidate(object: unknown, isRegion?: IsRegion): ReadCandidate {
  const { metadata: meta, spec, status } = form.parse(object);
  const parsed = parseFlavor(spec.flavor);
  if (!parsed.ok) return { ok: false, problem: `PeeringCandidate ${meta.name}: ${parsed.problem}` };
  const rounds = spec.interestedSolverIDs.map(roundTime).filter((at) => at !== undefined);
  const told = status.lastUpdateTime ?? status.creationTime ?? meta.creationTimestamp ?? 0;
  const until = Date.parse(meta.annotations[CANDIDATE_KEYS.refusedUntil] ?? "");
  const [transaction = "", intent = "", uid = ""] = (
    meta.annotations[CANDIDATE_KEYS.latePurchase] ?? ""
  ).split(" ");
  const because = meta.annotations[CANDIDATE_KEYS.refusedBecause] ?? "";
  const ofSeller = meta.annotations[CANDIDATE_KEYS.refusedSeller] === "true";
  const givenBack = Date.parse(meta.annotations[CANDIDATE_KEYS.givenBack] ?? "");
  // Providers tell only of what is for sale.
  const isOfferedAnew = rounds.some((at) => at > givenBack);
  return {
    ok: true,
    candidate: {
      name: meta.name,
      namespace: meta.namespace,
      uid: meta.uid,
      resourceVersion: meta.resourceVersion,
      available: spec.available,
      interested: spec.interestedSolverIDs,
      // A Reservation changes the status too: only a round of discovery proves that the provider still has it.
      seenAt: rounds.length > 0 ? Math.max(...rounds) : told,
      flavor: unswapped(parsed.facts, isRegion),
      problems: parsed.problems,
      soldBy: isOfferedAnew ? undefined : meta.annotations[CANDIDATE_KEYS.soldBy],
      soldPart: partIn(meta.annotations[CANDIDATE_KEYS.soldPart]),
      refused: Number.isNaN(until) ? undefined : { until, because, ofSeller },
      latePurchase: transaction === "" ? undefined : { transaction, intent, uid },
      notes: notesIn(meta.annotations),
    },
  };
}

const NOTES: readonly string[] = Object.values(CANDIDATE_KEYS);
const notesIn = (annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => NOTES.includes(key)));

const amount = z.number().nonnegative();
const partForm = z.object({ cpu: amount, memoryBytes: amount, pods: amount, gpus: amount });

/** What `partText` wrote; undefined where that was changed by somebody. */
function partIn(text: string | undefined): Part | undefined {
  if (text === undefined) return undefined;
  try {
    return partForm.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The annotation that tells of a part. */
export const partText = ({ cpu, memoryBytes, pods, gpus }: Part): string =>
  JSON.stringify({ cpu, memoryBytes, pods, gpus });
