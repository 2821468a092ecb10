import type { KubeObject } from "../object.ts";
import type {
  Allocation,
  ConfigMap,
  Contract,
  Discovery,
  Flavor,
  KnownCluster,
  PeeringCandidate,
  Reservation,
  Solver,
  Transaction,
} from "./fluidos-types.ts";
import type {
  Deployment,
  ForeignCluster,
  Job,
  Namespace,
  NamespaceMap,
  NamespaceOffloading,
  Node,
  Pod,
  ResourceSlice,
  VirtualNode,
} from "./liqo-types.ts";

/** A kind of object, with the type of its objects. */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  /** Never there: it only carries the type. */
  readonly type?: T;
}

const kind = <T extends KubeObject>(apiVersion: string, name: string): Kind<T> => ({
  apiVersion,
  kind: name,
});

export const FLAVORS = kind<Flavor>("nodecore.fluidos.eu/v1alpha1", "Flavor");
export const SOLVERS = kind<Solver>("nodecore.fluidos.eu/v1alpha1", "Solver");
export const ALLOCATIONS = kind<Allocation>("nodecore.fluidos.eu/v1alpha1", "Allocation");
export const DISCOVERIES = kind<Discovery>("advertisement.fluidos.eu/v1alpha1", "Discovery");
export const CANDIDATES = kind<PeeringCandidate>("advertisement.fluidos.eu/v1alpha1", "PeeringCandidate");
export const RESERVATIONS = kind<Reservation>("reservation.fluidos.eu/v1alpha1", "Reservation");
export const TRANSACTIONS = kind<Transaction>("reservation.fluidos.eu/v1alpha1", "Transaction");
export const CONTRACTS = kind<Contract>("reservation.fluidos.eu/v1alpha1", "Contract");
export const KNOWN_CLUSTERS = kind<KnownCluster>("network.fluidos.eu/v1alpha1", "KnownCluster");

export const SLICES = kind<ResourceSlice>("authentication.liqo.io/v1beta1", "ResourceSlice");
export const VIRTUAL_NODES = kind<VirtualNode>("offloading.liqo.io/v1beta1", "VirtualNode");
export const OFFLOADINGS = kind<NamespaceOffloading>("offloading.liqo.io/v1beta1", "NamespaceOffloading");
export const NAMESPACE_MAPS = kind<NamespaceMap>("offloading.liqo.io/v1beta1", "NamespaceMap");
export const FOREIGN_CLUSTERS = kind<ForeignCluster>("core.liqo.io/v1beta1", "ForeignCluster");

export const NODES = kind<Node>("v1", "Node");
export const PODS = kind<Pod>("v1", "Pod");
export const DEPLOYMENTS = kind<Deployment>("apps/v1", "Deployment");
export const JOBS = kind<Job>("batch/v1", "Job");
export const NAMESPACES = kind<Namespace>("v1", "Namespace");
export const CONFIG_MAPS = kind<ConfigMap>("v1", "ConfigMap");
export const CRDS = kind("apiextensions.k8s.io/v1", "CustomResourceDefinition");
