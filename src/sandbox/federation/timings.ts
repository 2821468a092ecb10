/** How long things take, in milliseconds. */
export interface Timings {
  /** From a change until a controller acts on it. */
  readonly stepMs: number;
  /** A request to a REAR gateway and its answer. */
  readonly rearMs: number;
  /** How often FLUIDOS looks whether Liqo is done. */
  readonly lookMs: number;
  /** How long FLUIDOS waits for each step of a peering. */
  readonly peeringTimeoutMs: number;
  /** After which a Solver counts finding, reserving as timed out; only checked when something happens. */
  readonly solverTimeoutMs: number;
  /** The same for its peering. */
  readonly solverPeeringTimeoutMs: number;
  /** Until network and authentication between two clusters stand. */
  readonly establishMs: number;
  /** Until the provider has answered a ResourceSlice. */
  readonly grantMs: number;
  /** Until a virtual kubelet has its Node ready. */
  readonly nodeMs: number;
  /** Until a remote namespace is there. */
  readonly namespaceMs: number;
  /** Until an offloaded pod runs in the provider's cluster. */
  readonly podMs: number;
  /** How often a provider that is found by multicast tells of itself. */
  readonly multicastMs: number;
  /** After which a KnownCluster that nothing was heard of is deleted. */
  readonly forgetMs: number;
  /** How long a pod runs that is to end by itself. */
  readonly taskMs: number;
  /** How long a transaction may be purchased. */
  readonly transactionMs: number;
}

/** As in real clusters: what is written in the sources, and for the rest what a small cluster takes. */
export const realTimings: Timings = {
  stepMs: 20,
  rearMs: 100,
  lookMs: 5000,
  peeringTimeoutMs: 120_000,
  solverTimeoutMs: 120_000,
  solverPeeringTimeoutMs: 300_000,
  establishMs: 15_000,
  grantMs: 1000,
  nodeMs: 8000,
  namespaceMs: 1000,
  podMs: 3000,
  multicastMs: 5000,
  forgetMs: 10_000,
  taskMs: 60_000,
  transactionMs: 3_600_000,
};

/** As fast as it goes, for tests. */
export const quickTimings: Timings = {
  stepMs: 0,
  rearMs: 0,
  lookMs: 0,
  peeringTimeoutMs: 5000,
  solverTimeoutMs: 120_000,
  solverPeeringTimeoutMs: 300_000,
  establishMs: 0,
  grantMs: 0,
  nodeMs: 0,
  namespaceMs: 0,
  podMs: 0,
  multicastMs: 5000,
  forgetMs: 10_000,
  taskMs: 60_000,
  transactionMs: 3_600_000,
};
