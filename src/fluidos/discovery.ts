import type * as z from "zod";
import type { KubeObject } from "../kubernetes/objects.ts";
import { fields, metadata, phase, text } from "./wire.ts";

const ROUND = "flare-discovery-";
/** What a round's name takes a number in: short, and of one length until the year 5188. */
const BASE = 36;
/** A model that no GPU has. */
const NO_MODEL = "flare-none-such";

/** The name of a round of discovery begun at a time (ms): always a new one, because what failed once stays failed. */
export const roundName = (at: number): string => `${ROUND}${Math.floor(at).toString(BASE)}`;

/** When a round of that name began (ms); undefined for a Solver that is none of ours. */
export function roundTime(solver: string): number | undefined {
  if (!solver.startsWith(ROUND)) return undefined;
  const at = Number.parseInt(solver.slice(ROUND.length), BASE);
  return Number.isSafeInteger(at) && roundName(at) === solver ? at : undefined;
}

/** The Discovery that FLUIDOS makes for a Solver. */
export const discoveryName = (solver: string): string => `discovery-${solver}`;

type Labels = Readonly<Record<string, string>>;
interface Place {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
}

/**
 * A Solver that only discovers. It asks for a GPU that there is none of: with a filter that a known candidate passes, it
 * would be content with that and ask nobody. GPU filters are never sent to providers, so these tell all that they have;
 * and it reserves nothing, so that it does not hang where nothing passes.
 */
export function buildDiscoverySolver({ name, namespace, labels }: Place): KubeObject {
  const gpuFilters = [{ field: "model", filter: "StringFilter", data: { value: NO_MODEL } }];
  const object = {
    apiVersion: "nodecore.fluidos.eu/v1alpha1",
    kind: "Solver",
    metadata: { name, namespace, labels },
    spec: {
      intentID: name,
      findCandidate: true,
      reserveAndBuy: false,
      establishPeering: false,
      selector: { flavorType: "K8Slice", filters: { gpuFilters } },
    },
  };
  return object;
}

/** The Discovery of a round, for a FLUIDOS whose Solver was content with a candidate that it knew: it has no GPU filters. */
export function buildDiscovery({ name, namespace, labels }: Place): KubeObject {
  const object = {
    apiVersion: "advertisement.fluidos.eu/v1alpha1",
    kind: "Discovery",
    metadata: { name: discoveryName(name), namespace, labels },
    spec: { solverID: name, subscribe: false, selector: { flavorType: "K8Slice" } },
  };
  return object;
}

const solver = fields({ metadata, status: fields({ findCandidate: text, solverPhase: phase }) }).transform(
  ({ metadata: { name, creationTimestamp }, status: { findCandidate, solverPhase } }) => ({
    name,
    createdAt: creationTimestamp,
    findCandidate,
    ...solverPhase,
  }),
);
const discovery = fields({ metadata, spec: fields({ solverID: text }), status: fields({ phase }) }).transform(
  ({ metadata: { name }, spec: { solverID }, status }) => ({ name, solver: solverID, ...status.phase }),
);

export type Solver = z.output<typeof solver>;
export type Discovery = z.output<typeof discovery>;

/** Read a Solver, a Discovery. Never throw. */
export const parseSolver = (object: unknown): Solver => solver.parse(object);
export const parseDiscovery = (object: unknown): Discovery => discovery.parse(object);

/** Whether an object with phases is through with its work, for better or worse: what it says then it says for ever. */
export const hasEnded = (phaseName: string): boolean => ["Solved", "Failed", "Timed Out"].includes(phaseName);
