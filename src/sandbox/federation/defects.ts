/** Which FLUIDOS a cluster runs: the one that knows GPUs, or the one it was made from. */
export type Dialect = "clastix" | "upstream";

/** What real FLUIDOS nodes do wrong, each a switch. On is how they are. */
export const defects = {
  booleanFilterInverted: "a BooleanFilter matches what it should not, and not what it should",
  badFiltersDropped: "a gpuFilter that cannot be read is left out, as if nobody had asked",
  gpulessMatches: "gpuFilters match a Flavor that has no GPU at all",
  solverNeverEnds:
    "a Solver that found nothing to its liking waits forever; only events look at its time-outs",
  failsForGood: "any error, a conflict of two writers too, makes a Solver Failed for good",
  choosesAnything: "a Solver takes any candidate that matches, whatever the others are like",
  selectorIgnored:
    "a provider answers with its first Flavors, as many as match, and not with those that match",
  storageFilterRefused:
    "a storageFilter is spelled wrong on the wire: the provider refuses, the Discovery fails",
  oneFailureFailsAll: "one provider that cannot be reached fails the Discovery of all",
  candidatesStale: "candidates that no provider offers any more stay as they were",
  candidatesReopened: "a Discovery makes a candidate available again, though it was reserved or sold",
  candidatesOnlyCreated: "a Discovery cannot get over a candidate that is there already (upstream)",
  soldOnce: "a Flavor can be sold once: its Contract always has the same name",
  neverReleased: "nothing makes a sold Flavor available again",
  remainderKeepsGpus:
    "what is left of a sold Flavor has all of its GPUs, or none of them, but never the rest",
  contractStatusDropped: "the status of a Contract is lost when it is made",
  sliceWithoutGpus: "the ResourceSlice asks for no GPUs",
  sliceNotIdempotent: "peering for a Contract again fails, for its ResourceSlice is there already",
  virtualNodeNotAwaited: "the VirtualNode is looked for once, and not waited for",
  activeTooEarly: "an Allocation is Active before its virtual node can run anything",
  stuckInProvisioning: "an Allocation whose peering was lost does not notice that it came back",
  peersOnce: "an Allocation with a provider that is a peer already stays in Peering (upstream)",
  regionAndZoneSwapped: "a Flavor has its region in `zone` and its zone in `region`",
  annotationPanics: "an annotation that is no quantity keeps its node from having a Flavor",
  annotationsUnread: "no annotations are read: Flavors from nodes know nothing of GPUs (upstream)",
  gpuLostOverRear: "only model, cores and memory of a GPU get over the wire (upstream)",
  flavorNeverUpdated: "a Flavor stays as its node was when it was made (upstream)",
  flavorOwnerWrong: "the owner of a Flavor is no kind that there is, so that it outlives its node (upstream)",
} as const;

export type Defect = keyof typeof defects;

const onlyUpstream: readonly Defect[] = [
  "candidatesOnlyCreated",
  "peersOnce",
  "annotationsUnread",
  "gpuLostOverRear",
  "flavorNeverUpdated",
  "flavorOwnerWrong",
];

/** Which defects a cluster has: those of its dialect, but for what the caller says. */
export const defectsOf =
  (dialect: Dialect, chosen: Partial<Record<Defect, boolean>> = {}) =>
  (defect: Defect): boolean =>
    chosen[defect] ?? (dialect === "upstream" || !onlyUpstream.includes(defect));
