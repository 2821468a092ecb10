import { describe, expect, it } from "vitest";
import { parseAllocation } from "../../../../src/fluidos/allocation.ts";
import { parseContract } from "../../../../src/fluidos/contract.ts";
import { parseForeignCluster, parseLiqoNode, parseResourceSlice } from "../../../../src/fluidos/liqo.ts";
import { parsePeeringCandidate } from "../../../../src/fluidos/peering-candidate.ts";
import { parseReservation } from "../../../../src/fluidos/reservation.ts";
import { type DealFacts, nextDealStep } from "../../../../src/hub/engines/fluidos/deal.ts";
import { candidateObject } from "../../fluidos/samples.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * 60_000).toISOString();
const read = parsePeeringCandidate(candidateObject());
if (!read.ok) throw new Error(read.problem);

const reservation = (status: object, minutesAgo = 0) =>
  parseReservation({ metadata: { name: "flare-1", creationTimestamp: at(minutesAgo) }, status });
const bought = reservation({
  phase: { phase: "Solved" },
  transactionID: "t-1",
  contract: { name: "contract-1" },
});
const contractOf = (transactionID: string) =>
  parseContract({
    metadata: { name: "contract-1", namespace: "fluidos" },
    spec: { transactionID, peeringTargetCredentials: { liqoID: "p" } },
  });
const allocation = (state: string, { minutesAgo = 0, peered = false, message = "" } = {}) =>
  parseAllocation({
    metadata: {
      name: "flare-1",
      creationTimestamp: at(minutesAgo),
      annotations: peered ? { "flare.clastix.io/peered-since": at(1) } : {},
    },
    spec: { contract: { name: "contract-1", namespace: "fluidos" } },
    status: { status: state, message },
  });
const slice = (gpus: string | undefined, { resources = "Accepted", minutesAgo = 0 } = {}) =>
  parseResourceSlice({
    metadata: { name: "contract-1", namespace: "liqo-tenant-p", creationTimestamp: at(minutesAgo) },
    spec: { resources: { cpu: "1", ...(gpus === undefined ? {} : { "nvidia.com/gpu": gpus }) } },
    status: { conditions: [{ type: "Resources", status: resources, message: "because" }] },
  });
/** Clusters that are connected since then. */
const foreign = (minutesAgo: number | undefined, metadata: object = {}) =>
  parseForeignCluster({
    metadata: { name: "p", ...metadata },
    spec: { clusterID: "p" },
    status: {
      modules: {
        authentication: { enabled: true },
        networking: {
          enabled: true,
          conditions: [
            minutesAgo === undefined
              ? { type: "NetworkConnectionStatus", status: "Pending" }
              : {
                  type: "NetworkConnectionStatus",
                  status: "Established",
                  lastTransitionTime: at(minutesAgo),
                },
          ],
        },
      },
      tenantNamespace: { local: "liqo-tenant-p" },
    },
  });
const node = (gpus: string | undefined, ready = "True") =>
  parseLiqoNode({
    metadata: { name: "contract-1" },
    status: {
      allocatable: { cpu: "1", ...(gpus === undefined ? {} : { "nvidia.com/gpu": gpus }) },
      conditions: [{ type: "Ready", status: ready }],
    },
  });

const step = (facts: Partial<DealFacts>) =>
  nextDealStep({
    wanted: { flavor: "f-1", resource: "nvidia.com/gpu", units: 2 },
    candidate: read.candidate,
    reservation: undefined,
    bought: undefined,
    contract: undefined,
    soldBy: undefined,
    allocation: undefined,
    foreign: undefined,
    slice: undefined,
    node: undefined,
    trouble: undefined,
    now: NOW,
    timeouts: {
      reservationTimeout: 120_000,
      peeringTimeout: 300_000,
      sliceTimeout: 60_000,
      grantTimeout: 120_000,
    },
    ...facts,
  });
const contract = contractOf("t-1");
const owned = { reservation: bought, contract };

describe("buying", () => {
  it.each<[string, Partial<DealFacts>, object]>([
    ["begins with a Reservation", {}, { do: "reserve" }],
    [
      "does not begin for what was sold",
      { soldBy: "contract-9" },
      { do: "give-up", reason: "CandidateSold", spare: true },
    ],
    [
      "does not begin without a candidate",
      { candidate: undefined },
      { do: "give-up", reason: "CandidateGone" },
    ],
    ["waits", { reservation: reservation({}) }, { do: "wait", reason: "Reserving" }],
    [
      "waits while FLUIDOS runs",
      { reservation: reservation({ phase: { phase: "Running", message: "Reservation started" } }) },
      { do: "wait", reason: "Reserving", message: "FLUIDOS buys f-1" },
    ],
    [
      "gives up a Reservation that failed, with FLUIDOS's words",
      { reservation: reservation({ phase: { phase: "Failed", message: "Reservation failed: no" } }) },
      {
        do: "give-up",
        reason: "CandidateRefused",
        message: "f-1 could not be bought: Reservation failed: no",
      },
    ],
    [
      "gives up a purchase that failed, whatever the whole says",
      { reservation: reservation({ phase: { phase: "Running" }, purchasePhase: "Failed" }) },
      { do: "give-up", reason: "CandidateRefused" },
    ],
    [
      "gives up what timed out there",
      { reservation: reservation({ phase: { phase: "Timed Out" } }) },
      { do: "give-up", reason: "CandidateRefused" },
    ],
    [
      "no-candidate hang: gives up by its own clock",
      { reservation: reservation({ phase: { phase: "Running" } }, 3) },
      { do: "give-up", reason: "CandidateTimeout" },
    ],
    [
      "Flavor sold once: a Contract of another transaction is somebody else's",
      { reservation: bought, contract: contractOf("t-2") },
      { do: "give-up", reason: "CandidateSold", spare: true },
    ],
    ["goes on with an Allocation", owned, { do: "allocate" }],
    [
      "waits for a Contract that is told of before it is seen",
      { reservation: bought, bought: "contract-1" },
      { do: "wait", reason: "Reserving", message: "Contract contract-1 is not there yet" },
    ],
    [
      "but not for ever: looks whether it is there at all",
      { reservation: reservation({ contract: { name: "contract-1" } }, 3), bought: "contract-1" },
      { do: "look-for-contract", contract: "contract-1" },
    ],
    [
      "a Contract that was used and is not seen any more: looks whether somebody deleted it",
      { reservation: bought, bought: "contract-1", allocation: allocation("Active", { peered: true }) },
      { do: "look-for-contract", contract: "contract-1" },
    ],
    [
      "the same where its Reservation was deleted too",
      { bought: "contract-1", allocation: allocation("Active", { peered: true }) },
      { do: "look-for-contract", contract: "contract-1" },
    ],
    [
      "a Reservation that somebody deleted has done its work: what was bought is used",
      {
        contract,
        soldBy: "contract-1",
        allocation: allocation("Active", { peered: true }),
        slice: slice("2"),
        node: node("2"),
      },
      { do: "use" },
    ],
  ])("%s", (_, facts, expected) => {
    expect(step(facts)).toMatchObject(expected);
  });
});

describe("peering", () => {
  it.each<[string, Partial<DealFacts>, object]>([
    ...(["", "Inactive", "Peering"] as const).map((state): [string, Partial<DealFacts>, object] => [
      `says nothing new while all goes as it should: "${state}"`,
      { allocation: allocation(state, { message: `it is ${state}` }) },
      { do: "wait", reason: "Peering", message: "FLUIDOS peers with p" },
    ]),
    [
      "says what FLUIDOS says where it does not",
      { allocation: allocation("Provisioning", { message: "ForeignCluster not found" }) },
      { do: "wait", message: "FLUIDOS peers with p (Provisioning: ForeignCluster not found)" },
    ],
    ["waits for the slice", { allocation: allocation("Peering") }, { do: "wait", reason: "Peering" }],
    [
      "a peer that FLUIDOS asks for nothing any more (upstream): asks it itself",
      { allocation: allocation("Peering", { minutesAgo: 2 }), foreign: foreign(600) },
      { do: "ask-for-slice", namespace: "liqo-tenant-p" },
    ],
    [
      "but not before FLUIDOS had time to",
      { allocation: allocation("Peering"), foreign: foreign(600) },
      { do: "wait", reason: "Peering" },
    ],
    [
      "nor where the peering stands only now",
      { allocation: allocation("Peering", { minutesAgo: 2 }), foreign: foreign(0) },
      { do: "wait", reason: "Peering" },
    ],
    [
      "nor where it does not stand",
      { allocation: allocation("Peering", { minutesAgo: 2 }), foreign: foreign(undefined) },
      { do: "wait", reason: "Peering" },
    ],
    [
      "nor where it is about to end",
      {
        allocation: allocation("Peering", { minutesAgo: 2 }),
        foreign: foreign(600, { deletionTimestamp: at(1) }),
      },
      { do: "wait", reason: "Peering" },
    ],
    [
      "asks at once where FLUIDOS has ended in an error, and the clusters are peered all the same",
      { allocation: allocation("Error", { message: "timed out" }), foreign: foreign(1) },
      { do: "ask-for-slice" },
    ],
    [
      "nor where there is a slice",
      { allocation: allocation("Peering", { minutesAgo: 2 }), foreign: foreign(600), slice: slice("2") },
      { do: "wait", reason: "Peering" },
    ],
    [
      "nor for ever",
      { allocation: allocation("Peering", { minutesAgo: 6 }), foreign: foreign(600) },
      { do: "give-up", reason: "CandidateNotPeered" },
    ],
    [
      "no GPU in ResourceSlice: asks for what FLUIDOS did not",
      { allocation: allocation("Peering"), slice: slice(undefined) },
      { do: "ask-for-gpus" },
    ],
    [
      "Allocation `Active` is not peering ready: waits for the node",
      {
        allocation: allocation("Active"),
        slice: slice("2"),
        trouble: "virtual node contract-1 is not there",
      },
      { do: "wait", reason: "Peering" },
    ],
    [
      "waits for a node that is not ready",
      { allocation: allocation("Active"), slice: slice("2"), node: node("2", "False"), trouble: "not ready" },
      { do: "wait", reason: "Peering", message: "not ready" },
    ],
    [
      "waits for the grant",
      { allocation: allocation("Active"), slice: slice("2"), node: node("1") },
      { do: "wait", reason: "Granting", message: "Liqo has granted 1 of 2 nvidia.com/gpu of f-1" },
    ],
    [
      "gives up where Liqo grants less",
      { allocation: allocation("Active"), slice: slice("2", { minutesAgo: 3 }), node: node(undefined) },
      { do: "give-up", reason: "CandidateWithoutGPU", message: "Liqo grants 0 of 2 nvidia.com/gpu of f-1" },
    ],
    [
      "gives up where the node is there without GPUs, and nothing that could ask for them",
      { allocation: allocation("Active", { minutesAgo: 3 }), node: node(undefined) },
      { do: "give-up", reason: "CandidateWithoutGPU", message: "Liqo grants 0 of 2 nvidia.com/gpu of f-1" },
    ],
    [
      "gives up where the provider denies",
      { allocation: allocation("Peering"), slice: slice("2", { resources: "Denied" }) },
      {
        do: "give-up",
        reason: "CandidateRefused",
        message: "the provider of f-1 denies the resources: because",
      },
    ],
    [
      "gives up an Allocation in error that has no slice",
      { allocation: allocation("Error", { message: "no route" }) },
      { do: "give-up", reason: "CandidateNotPeered", message: "the peering for f-1 failed: Error: no route" },
    ],
    [
      "ResourceSlice creation is not idempotent: an error counts for nothing where the node is there",
      { allocation: allocation("Error"), slice: slice("2"), node: node("2") },
      { do: "note-peered" },
    ],
    [
      "consumer Allocation stuck in `Provisioning`: gives up by its own clock",
      { allocation: allocation("Provisioning", { minutesAgo: 6 }) },
      { do: "give-up", reason: "CandidateNotPeered" },
    ],
    [
      "the wait for the VirtualNode ends too early: goes on waiting by itself",
      {
        allocation: allocation("Active", { minutesAgo: 4 }),
        slice: slice("2"),
        trouble: "VirtualNode contract-1 is not there",
      },
      { do: "wait", reason: "Peering" },
    ],
    [
      "but not for ever",
      {
        allocation: allocation("Active", { minutesAgo: 6 }),
        slice: slice("2"),
        trouble: "VirtualNode contract-1 is not there",
      },
      { do: "give-up", reason: "CandidateNotPeered" },
    ],
    [
      "notes that it is peered",
      { allocation: allocation("Active"), slice: slice("2"), node: node("2") },
      { do: "note-peered" },
    ],
    [
      "and uses it",
      { allocation: allocation("Active", { peered: true }), slice: slice("2"), node: node("2") },
      { do: "use" },
    ],
    [
      "what was peered and is lost is waited for, as long as the Intent bears it",
      {
        allocation: allocation("Provisioning", { peered: true, minutesAgo: 600 }),
        trouble: "virtual node contract-1 is not there",
      },
      { do: "wait", reason: "PeeringLost" },
    ],
  ])("%s", (_, facts, expected) => {
    expect(step({ ...owned, ...facts })).toMatchObject(expected);
  });
});
