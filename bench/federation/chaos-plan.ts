/** What goes wrong in a run, and in which order: the same for a seed on every machine. */

import { type Defect, type Dialect, defects } from "../../src/sandbox/federation/defects.ts";
import type { Random } from "../cost/random.ts";

/** Which FLUIDOS and which Liqo a run is with. */
export interface Form {
  readonly name: string;
  readonly buyer: Dialect;
  readonly liqo: "v1.0" | "head";
  readonly sellers: Readonly<Record<string, Dialect>>;
  /** Whether the seed draws the defects, or all are as in the real thing. */
  readonly drawn: boolean;
}

const fork = { alpha: "clastix", beta: "clastix", gamma: "clastix" } as const;
const upstream = { alpha: "upstream", beta: "upstream", gamma: "upstream" } as const;

export const FORMS: readonly Form[] = [
  { name: "fork, Liqo v1.0", buyer: "clastix", liqo: "v1.0", sellers: fork, drawn: false },
  { name: "fork, Liqo HEAD", buyer: "clastix", liqo: "head", sellers: fork, drawn: false },
  { name: "upstream, Liqo v1.0", buyer: "upstream", liqo: "v1.0", sellers: upstream, drawn: false },
  { name: "upstream, Liqo HEAD", buyer: "upstream", liqo: "head", sellers: upstream, drawn: false },
  { name: "fork, defects drawn", buyer: "clastix", liqo: "v1.0", sellers: fork, drawn: true },
  { name: "upstream, defects drawn", buyer: "upstream", liqo: "head", sellers: upstream, drawn: true },
];

/** Left as they are: with them a fork, and without them upstream, has other GPUs to sell than it is run for. */
const NEEDED: readonly Defect[] = ["annotationsUnread", "gpuLostOverRear"];

/** Each switch on, off or as it is, with the same chance; all as they are where the form does not draw. */
export function defectsFor({ drawn }: Form, random: Random): Partial<Record<Defect, boolean>> {
  const all = drawn ? (Object.keys(defects) as Defect[]) : [];
  const chosen = all.map((defect) => [defect, random.pick([undefined, true, false])] as const);
  return Object.fromEntries(
    chosen.filter(([defect, isOn]) => isOn !== undefined && !NEEDED.includes(defect)),
  );
}

/** What lasts for a while at a provider. */
export const LASTING = ["away", "withholds GPUs", "denies slices", "peering lost", "unpeered"] as const;

const MOMENTS = [
  "reservation fails",
  "purchase fails",
  "discovery fails",
  "sold elsewhere",
  "withdrawn",
  "conflict",
  "API errors",
  "watches cut",
  "history compacted",
  "hub killed",
  "node added",
  "Intent deleted",
] as const;

export type Lasting = (typeof LASTING)[number];
type Moment = (typeof MOMENTS)[number];

export interface Act {
  /** After the act before it. */
  readonly afterMs: number;
  readonly what: Lasting | Moment | "Intent applied";
  /** Where something has to be chosen: a number of [0, 1). */
  readonly which: number;
  /** How many, or how long: from 0 on. */
  readonly much: number;
}

/** So many Intents, and as many troubles between them, but each trouble once at least. */
export function planChaos(intents: number, random: Random): readonly Act[] {
  const troubles = [...LASTING, ...MOMENTS];
  const more = Array.from({ length: Math.max(0, intents - troubles.length) }, () => random.pick(troubles));
  const applied = Array.from({ length: intents }, () => "Intent applied" as const);
  return random.shuffle([...applied, ...troubles, ...more]).map((what) => ({
    what,
    afterMs: Math.round(random.next() * 150),
    which: random.next(),
    much: random.next(),
  }));
}
