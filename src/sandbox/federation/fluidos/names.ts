import { createHash } from "node:crypto";

/** How FLUIDOS names what belongs together. */

const hash4 = (flavor: string): string => createHash("sha256").update(flavor).digest("hex").slice(0, 4);

export const discoveryName = (solver: string): string => `discovery-${solver}`;
export const reservationName = (solver: string): string => `reservation-${solver}`;
export const candidateName = (flavor: string): string => `peeringcandidate-${flavor}`;
export const knownClusterName = (nodeId: string): string => `knowncluster-${nodeId}`;

/** The dots of the Flavor's name become dashes here, and only here. */
export const contractName = (flavor: string): string =>
  `contract-${flavor}-${hash4(flavor)}`.replaceAll(".", "-");
export const allocationName = (flavor: string): string => `allocation-${flavor}-${hash4(flavor)}`;

const hex = (digits: number, random: () => number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");

export const flavorName = (domain: string, random: () => number): string =>
  `${domain}-k8slice-${hex(4, random)}`.toLowerCase();

/** 32 hexadecimal digits and the time in nanoseconds. */
export const transactionName = (random: () => number, now: number): string =>
  `${hex(32, random)}-${Math.trunc(now)}000000`;
