import type { Resource } from "../kubernetes/objects.ts";

const fluidos = (group: string, plural: string): Resource => ({
  group: `${group}.fluidos.eu`,
  version: "v1alpha1",
  plural,
  namespaced: true,
});
const liqo = (group: string, plural: string, namespaced = true): Resource => ({
  group: `${group}.liqo.io`,
  version: "v1beta1",
  plural,
  namespaced,
});

/** The kinds of FLUIDOS that a consumer reads or writes, all in the namespace that FLUIDOS is compiled for. */
export const SOLVERS = fluidos("nodecore", "solvers");
export const ALLOCATIONS = fluidos("nodecore", "allocations");
export const DISCOVERIES = fluidos("advertisement", "discoveries");
export const PEERING_CANDIDATES = fluidos("advertisement", "peeringcandidates");
export const RESERVATIONS = fluidos("reservation", "reservations");
export const TRANSACTIONS = fluidos("reservation", "transactions");
export const CONTRACTS = fluidos("reservation", "contracts");
export const KNOWN_CLUSTERS = fluidos("network", "knownclusters");

/** The kinds of Liqo that make a contract a node; the same in v1.0 and since. */
export const RESOURCE_SLICES = liqo("authentication", "resourceslices");
export const VIRTUAL_NODES = liqo("offloading", "virtualnodes");
export const NAMESPACE_OFFLOADINGS = liqo("offloading", "namespaceoffloadings");
export const FOREIGN_CLUSTERS = liqo("core", "foreignclusters", false);
