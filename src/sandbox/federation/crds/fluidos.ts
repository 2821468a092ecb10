import type { JsonObject } from "../../json.ts";
import { anything, crd, type Field, flag, list, map, must, object, text } from "./schema.ts";

/** What the CustomResourceDefinitions of a FLUIDOS node say of its kinds: no enums, no defaults, no patterns. */

const identity = object({
  additionalInformation: object({ liqoID: text }),
  domain: must(text),
  ip: must(text),
  nodeID: must(text),
});

const reference = object({ apiVersion: text, kind: text, name: text, namespace: text });

const phase = object({
  endTime: text,
  lastChangeTime: text,
  message: text,
  phase: must(text),
  startTime: text,
});

const configuration = object({ data: must(anything), type: must(text) });

const selector = object({ filters: anything, flavorType: must(text) });

const telemetry = object({ endpoint: must(text), intents: list(text) });

const flavorSpec = object({
  availability: must(flag),
  flavorType: must(object({ typeData: must(anything), typeIdentifier: must(text) })),
  location: object({
    additionalNotes: text,
    city: text,
    country: text,
    latitude: text,
    longitude: text,
  }),
  networkPropertyType: text,
  owner: must(identity),
  price: must(object({ amount: must(text), currency: must(text), period: must(text) })),
  providerID: must(text),
});

const flavorStatus = object({
  creationTime: must(text),
  expirationTime: must(text),
  lastUpdateTime: must(text),
});

/** Little of the metadata of a Flavor survives inside of another object: no uid, no owners, no dates. */
const embeddedMetadata = object({
  annotations: map(text),
  finalizers: list(text),
  labels: map(text),
  name: text,
  namespace: text,
});

const embeddedFlavor = object({
  apiVersion: text,
  kind: text,
  metadata: embeddedMetadata,
  spec: flavorSpec,
  status: flavorStatus,
});

const candidateSpec = object({
  available: must(flag),
  flavor: must(embeddedFlavor),
  interestedSolverIDs: must(list(text)),
});

const candidateStatus = object({ creationTime: must(text), lastUpdateTime: must(text) });

const candidates = object({
  apiVersion: text,
  items: must(
    list(
      object({
        apiVersion: text,
        kind: text,
        metadata: embeddedMetadata,
        spec: candidateSpec,
        status: candidateStatus,
      }),
    ),
  ),
  kind: text,
  metadata: object({
    continue: text,
    remainingItemCount: { schema: { type: "integer", format: "int64" }, required: false },
    resourceVersion: text,
    selfLink: text,
  }),
});

const age = ".metadata.creationTimestamp";

const kindOf = (
  area: string,
  kind: string,
  plural: string,
  parts: {
    readonly spec: Field;
    readonly status?: Field;
    readonly shortNames?: readonly string[];
    readonly columns?: Readonly<Record<string, string>>;
  },
): JsonObject => crd({ group: `${area}.fluidos.eu`, version: "v1alpha1", kind, plural, ...parts });

const nodecore = [
  kindOf("nodecore", "Flavor", "flavors", {
    shortNames: ["fl"],
    columns: {
      "Provider ID": ".spec.providerID",
      Type: ".spec.flavorType.typeIdentifier",
      Available: ".spec.availability",
      Age: age,
    },
    spec: flavorSpec,
    status: flavorStatus,
  }),
  kindOf("nodecore", "Solver", "solvers", {
    shortNames: ["sol"],
    columns: {
      "Intent ID": ".spec.intentID",
      Status: ".status.solverPhase.phase",
      Message: ".status.solverPhase.message",
      "Candidate Phase!": ".status.findCandidate",
      "Reserving Phase!": ".status.reserveAndBuy",
      "Peering Phase!": ".status.peering",
      Age: age,
    },
    spec: object({
      establishPeering: flag,
      findCandidate: flag,
      intentID: must(text),
      reserveAndBuy: flag,
      selector,
    }),
    status: object({
      consumePhase: text,
      discoveryPhase: text,
      findCandidate: text,
      peering: text,
      reservationPhase: text,
      reserveAndBuy: text,
      solverPhase: phase,
    }),
  }),
  kindOf("nodecore", "Allocation", "allocations", {
    shortNames: ["alloc", "allocs"],
    columns: {
      Status: ".status.status",
      "Status Message": ".status.message",
      "Resource Reference!": ".status.resourceRef.name",
    },
    spec: object({ contract: reference, forwarding: flag }),
    status: object({ lastUpdateTime: text, message: text, resourceRef: reference, status: text }),
  }),
];

const advertisement = [
  kindOf("advertisement", "Discovery", "discoveries", {
    shortNames: ["dis"],
    columns: {
      "Solver ID": ".spec.solverID",
      Status: ".status.phase.phase",
      Message: ".status.phase.message",
    },
    spec: object({ selector, solverID: must(text), subscribe: must(flag) }),
    status: object({ peeringCandidateList: candidates, phase: must(phase) }),
  }),
  kindOf("advertisement", "PeeringCandidate", "peeringcandidates", {
    spec: candidateSpec,
    status: candidateStatus,
  }),
];

const reservation = [
  kindOf("reservation", "Reservation", "reservations", {
    shortNames: ["res"],
    columns: {
      "Solver ID": ".spec.solverID",
      "Seller Name": ".spec.seller.nodeID",
      "Transaction ID": ".status.transactionID",
      "Contract Name": ".status.contract.name",
      Status: ".status.phase.phase",
      "Message!": ".status.phase.message",
    },
    spec: object({
      buyer: must(identity),
      configuration,
      ingressTelemetryEndpoint: telemetry,
      peeringCandidate: reference,
      purchase: flag,
      reserve: flag,
      seller: must(identity),
      solverID: must(text),
    }),
    status: object({
      contract: reference,
      phase: must(phase),
      purchasePhase: text,
      reservePhase: text,
      transactionID: text,
    }),
  }),
  kindOf("reservation", "Transaction", "transactions", {
    shortNames: ["tr"],
    columns: { "Flavor ID": ".spec.flavorID", "Buyer Name": ".spec.buyer.nodeID" },
    spec: object({
      buyer: must(identity),
      clusterID: must(text),
      configuration,
      expirationTime: text,
      flavorID: must(text),
    }),
    status: object({ phase: must(phase) }),
  }),
  kindOf("reservation", "Contract", "contracts", {
    shortNames: ["contr"],
    columns: {
      "Flavor ID": ".spec.flavor.metadata.name",
      "Buyer Name": ".spec.buyer.nodeID",
      "Seller Name": ".spec.seller.nodeID",
      "Transaction ID!": ".spec.transactionID",
    },
    spec: object({
      buyer: must(identity),
      buyerClusterID: must(text),
      configuration,
      expirationTime: text,
      extraInformation: map(text),
      flavor: must(embeddedFlavor),
      ingressTelemetryEndpoint: telemetry,
      networkRequests: text,
      peeringTargetCredentials: must(object({ kubeconfig: must(text), liqoID: must(text) })),
      seller: must(identity),
      transactionID: must(text),
    }),
    status: object({ phase: must(phase) }),
  }),
];

const network = [
  kindOf("network", "KnownCluster", "knownclusters", {
    shortNames: ["kclust", "kclusts"],
    spec: object({ address: must(text) }),
    status: object({ expirationTime: must(text), lastUpdateTime: must(text) }),
  }),
];

/** The CustomResourceDefinitions of a FLUIDOS node, as far as the simulation goes. */
export const fluidosCrds: readonly JsonObject[] = [...nodecore, ...advertisement, ...reservation, ...network];
