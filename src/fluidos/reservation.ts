import * as z from "zod";
import type { KubeObject } from "../kubernetes/objects.ts";
import { buildConfiguration, type Part, parseConfiguration } from "./configuration.ts";
import type { NodeIdentity } from "./flavor.ts";
import type { PeeringCandidate } from "./peering-candidate.ts";
import { fields, identity, metadata, phase, reference, text } from "./wire.ts";

/** What a Reservation of ours is made of. */
export interface ReservationFacts {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly buyer: NodeIdentity;
  readonly candidate: Pick<PeeringCandidate, "name" | "namespace" | "flavor">;
  readonly part: Part;
}

/** A Reservation that is bought as soon as it stands. It needs no Solver: its name stands where one's would. */
export function buildReservation(facts: ReservationFacts): KubeObject {
  const { name, namespace, labels, annotations, buyer, candidate, part } = facts;
  const object = {
    apiVersion: "reservation.fluidos.eu/v1alpha1",
    kind: "Reservation",
    metadata: { name, namespace, labels, annotations },
    spec: {
      solverID: name,
      buyer,
      seller: candidate.flavor.owner,
      peeringCandidate: { name: candidate.name, namespace: candidate.namespace },
      configuration: buildConfiguration(candidate.flavor, part),
      reserve: true,
      purchase: true,
    },
  };
  return object;
}

const reservation = fields({
  metadata,
  spec: fields({ peeringCandidate: reference, seller: identity, configuration: z.unknown() }),
  status: fields({
    phase,
    reservePhase: text,
    purchasePhase: text,
    transactionID: text,
    contract: reference,
  }),
}).transform(({ metadata: meta, spec, status }) => ({
  name: meta.name,
  namespace: meta.namespace,
  labels: meta.labels,
  annotations: meta.annotations,
  createdAt: meta.creationTimestamp,
  deleting: meta.deletionTimestamp !== undefined,
  candidate: spec.peeringCandidate,
  seller: spec.seller,
  /** What is asked for. */
  part: parseConfiguration(spec.configuration),
  phase: status.phase.phase,
  message: status.phase.message,
  reservePhase: status.reservePhase,
  purchasePhase: status.purchasePhase,
  transaction: status.transactionID,
  contract: status.contract.name === "" ? undefined : status.contract,
}));

export type Reservation = z.output<typeof reservation>;

/** Reads a Reservation. Never throws. */
export const parseReservation = (object: unknown): Reservation => reservation.parse(object);
