import { isDeepStrictEqual } from "node:util";
import type { ProviderStatus } from "../../intent/provider-schema.ts";
import type { Provider } from "../../intent/resources.ts";
import type { OfferPool } from "../inventory/offer-pool.ts";
import type { ProviderCondition } from "./conditions.ts";

/** What a provider's status is made of. */
export interface StatusFacts {
  readonly conditions: readonly ProviderCondition[];
  readonly lastContactAt: number | undefined;
  readonly version: string | undefined;
  readonly nodes: number;
  readonly gpus: { readonly total: number; readonly free: number };
  /** What is wrong with nodes, in sentences. */
  readonly problems: readonly string[];
}

/** The last contact is written at most this often for itself: a status is read by people, and each write costs. */
const CONTACT_MS = 60_000;
const TOLD_PROBLEMS = 3;

/**
 * The status to write, or undefined where the one that is there will do. Times of transition are kept while a condition
 * stays what it is.
 */
export function nextStatus(provider: Provider, facts: StatusFacts, now: number): ProviderStatus | undefined {
  const before = provider.status;
  const contact = contactOf(facts.lastContactAt, before?.lastContact);
  const generation = provider.metadata.generation;
  const message = messageOf(facts);
  const next: ProviderStatus = {
    conditions: facts.conditions.map((condition) => withTransition(condition, before, { generation, now })),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    nodes: facts.nodes,
    gpus: { ...facts.gpus },
    ...(contact === undefined ? {} : { lastContact: contact }),
    ...(facts.version === undefined ? {} : { version: facts.version }),
    // Left out rather than empty: Kubernetes 1.20 stores an empty text that is applied as null.
    ...(message === "" ? {} : { message }),
  };
  return isDeepStrictEqual(sorted(next), sorted(before)) ? undefined : next;
}

/** GPU nodes and GPUs of a provider. A GPU counts as free when all units that share it are. */
export function countGpus(pool: OfferPool, provider: string): Pick<StatusFacts, "nodes" | "gpus"> {
  let [nodes, total, free] = [0, 0, 0];
  for (const { node } of pool.nodes(provider)) {
    nodes += 1;
    for (const offer of pool.available(provider, node.name)) {
      total += Math.floor(offer.total / offer.gpu.replicas);
      free += Math.floor(offer.free / offer.gpu.replicas);
    }
  }
  return { nodes, gpus: { total, free } };
}

function withTransition(
  condition: ProviderCondition,
  before: ProviderStatus | undefined,
  at: { readonly generation: number | undefined; readonly now: number },
) {
  const known = before?.conditions?.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    known?.status === condition.status ? known.lastTransitionTime : timestamp(at.now);
  return {
    ...condition,
    lastTransitionTime,
    ...(at.generation === undefined ? {} : { observedGeneration: at.generation }),
  };
}

function contactOf(at: number | undefined, before: string | undefined): string | undefined {
  if (at === undefined) return before;
  return before !== undefined && at - Date.parse(before) < CONTACT_MS ? before : timestamp(at);
}

function messageOf({ conditions, problems }: StatusFacts): string {
  const isTold = ({ type, status }: ProviderCondition): boolean =>
    status === (type === "Closed" ? "True" : "False");
  const failed = conditions.filter(isTold).map(({ message }) => message);
  const told = [...new Set([...failed, ...problems.slice(0, TOLD_PROBLEMS)])];
  const more =
    problems.length > TOLD_PROBLEMS ? [`and ${problems.length - TOLD_PROBLEMS} more problems`] : [];
  return [...told, ...more].join("; ").slice(0, 4096);
}

const timestamp = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");

/** The server may return fields in another order. */
const sorted = (status: ProviderStatus | undefined): unknown =>
  status && {
    ...status,
    conditions: [...(status.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1)),
  };
