/** Every defect of real FLUIDOS nodes that the simulation has: what is seen with it, and what without it. */
import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/observability/logger.ts";
import { type Defect, defects } from "../../src/sandbox/federation/defects.ts";
import { quickTimings } from "../../src/sandbox/federation/timings.ts";
import {
  addGpuNode,
  addNode,
  candidateOf,
  h100Annotations,
  type TestFederation,
  type TestFederationOptions,
  until,
} from "../support/federation.ts";
import {
  all,
  allocated,
  known,
  onlyFind,
  peered,
  readiness,
  reserve,
  settle,
  small,
  solved,
  start,
  TENANT,
} from "./federation-harness.ts";

/** What of a federation is looked at, with how it was started. */
interface Scenario {
  readonly defect: Defect;
  readonly options?: TestFederationOptions;
  readonly look: (options: TestFederationOptions) => Promise<unknown>;
  readonly on: unknown;
  readonly off: unknown;
}

const two = { alpha: "clastix", beta: "clastix" } as const;

const discover = ({ consumer }: TestFederation, name: string, more: object = {}): Promise<void> =>
  consumer.create("discoveries", name, { solverID: name, subscribe: false, ...more });

async function discovered(federation: TestFederation, name: string): Promise<string> {
  const read = async () => (await federation.consumer.get("discoveries", name)).status?.phase.phase ?? "";
  await until(read).toMatch(/Solved|Failed/);
  return read();
}

const available = async ({ consumer }: TestFederation, flavor: string): Promise<boolean> =>
  (await consumer.get("peeringcandidates", candidateOf(flavor))).spec.available;

const gpuOfFlavor = async (options: TestFederationOptions) => {
  const federation = await start(options);
  const flavor = await addGpuNode(federation.site("alpha"), "gpu-1");
  const { spec } = await federation.site("alpha").get("flavors", flavor);
  return spec.flavorType.typeData.characteristics.gpu ?? {};
};

/** The end of a Solver: as soon as it is Solved or Failed. */
async function fateOf({ consumer }: TestFederation, name: string): Promise<string> {
  const read = async () => (await consumer.get("solvers", name)).status?.solverPhase?.phase ?? "";
  await until(read).toMatch(/Solved|Failed/);
  return read();
}

/** The end of an Allocation: as soon as it is Active or in error. */
async function stateOf({ consumer }: TestFederation, name: string): Promise<string> {
  const read = async () => (await consumer.get("allocations", name)).status?.status ?? "";
  await until(read).toMatch(/Active|Error/);
  return read();
}

/** Randomness that a test can hold at one value. */
function held(): { value: number | undefined; readonly random: () => number } {
  const one: { value: number | undefined; readonly random: () => number } = {
    value: undefined,
    random: () => one.value ?? Math.random(),
  };
  return one;
}

const finding: readonly Scenario[] = [
  {
    defect: "solverNeverEnds",
    on: { phase: "Running", message: "Solver has completed the Discovery phase" },
    off: { phase: "Failed", message: "Solver has not found any candidate" },
    look: async (options) => {
      const federation = await start(options);
      await addGpuNode(federation.site("alpha"), "gpu-1");
      const none = { gpuFilters: [{ field: "count", filter: "NumberRangeFilter", data: { min: 99 } }] };
      await federation.consumer.create("solvers", "all", {
        ...all,
        selector: { flavorType: "K8Slice", filters: none },
      });
      const status = async () => (await federation.consumer.get("solvers", "all")).status;
      await until(async () => (await status())?.reserveAndBuy).toMatch(/Idle|Failed/);
      await settle(federation);
      const { phase, message } = (await status())?.solverPhase ?? {};
      return { phase, message };
    },
  },
  {
    defect: "failsForGood",
    on: "Failed",
    off: "Solved",
    look: async (options) => {
      const federation = await start(options);
      await addGpuNode(federation.site("alpha"), "gpu-1");
      federation.conflict();
      await federation.consumer.create("solvers", "look", onlyFind);
      return fateOf(federation, "look");
    },
  },
  {
    defect: "choosesAnything",
    on: "the last",
    off: "the first",
    look: async (options) => {
      const chance = held();
      const federation = await start({ ...options, providers: two, random: chance.random });
      for (const name of ["alpha", "beta"]) await addGpuNode(federation.site(name), "gpu-1");
      await federation.consumer.create("solvers", "look", onlyFind);
      await solved(federation, "look");
      chance.value = 0.99;
      await federation.consumer.create("solvers", "all", { ...all, selector: small });
      await until(() => federation.consumer.names("reservations")).toHaveLength(1);
      const { spec } = await federation.consumer.get("reservations", "reservation-all");
      const [first] = await federation.consumer.names("peeringcandidates");
      return spec.peeringCandidate?.name === first ? "the first" : "the last";
    },
  },
  {
    defect: "selectorIgnored",
    on: ["peeringcandidate-fluidos.eu-k8slice-0000"],
    off: ["peeringcandidate-fluidos.eu-k8slice-ffff"],
    look: async (options) => {
      const chance = held();
      const federation = await start({ ...options, random: chance.random });
      chance.value = 0;
      await addGpuNode(federation.site("alpha"), "large");
      chance.value = 0.99;
      await addGpuNode(federation.site("alpha"), "small", h100Annotations, "2");
      const filters = { cpuFilter: { name: "Range", data: { max: "3" } } };
      await discover(federation, "few", { selector: { flavorType: "K8Slice", filters } });
      await discovered(federation, "few");
      return federation.consumer.names("peeringcandidates");
    },
  },
  {
    defect: "storageFilterRefused",
    on: "Failed",
    off: "Solved",
    look: async (options) => {
      const federation = await start(options);
      await addGpuNode(federation.site("alpha"), "gpu-1");
      const filters = { storageFilter: { name: "Match", data: { value: "0" } } };
      await discover(federation, "stored", { selector: { flavorType: "K8Slice", filters } });
      return discovered(federation, "stored");
    },
  },
  {
    defect: "oneFailureFailsAll",
    on: "Failed",
    off: "Solved",
    look: async (options) => {
      const federation = await start({ ...options, providers: two });
      await addGpuNode(federation.site("alpha"), "gpu-1");
      federation.provider("beta").goAway();
      await discover(federation, "both");
      return discovered(federation, "both");
    },
  },
  {
    defect: "candidatesStale",
    on: true,
    off: false,
    look: async (options) => {
      const { federation, flavor } = await known(options);
      await addGpuNode(federation.site("alpha"), "gpu-2");
      federation.provider("alpha").withdraw(flavor);
      await discover(federation, "again");
      await discovered(federation, "again");
      return available(federation, flavor);
    },
  },
  {
    defect: "candidatesReopened",
    on: true,
    off: false,
    look: async (options) => {
      const { federation, flavor } = await known(options);
      const { consumer } = federation;
      const { spec } = await consumer.get("peeringcandidates", candidateOf(flavor));
      const identity = spec.flavor.spec.owner;
      await consumer.create("reservations", "half", {
        solverID: "nobody",
        buyer: identity,
        seller: identity,
        peeringCandidate: { name: candidateOf(flavor), namespace: "fluidos" },
        reserve: true,
      });
      await until(async () => (await consumer.get("reservations", "half")).status?.reservePhase).toBe(
        "Solved",
      );
      expect(await available(federation, flavor)).toBe(false);
      await discover(federation, "again");
      await discovered(federation, "again");
      return available(federation, flavor);
    },
  },
  {
    defect: "candidatesOnlyCreated",
    on: "tried again and again",
    off: "Solved",
    look: async (options) => {
      const told: unknown[] = [];
      const log = { debug: (entry: unknown) => told.push(entry) } as unknown as Logger;
      const { federation } = await known({ ...options, log });
      await discover(federation, "again");
      const phase = async () => (await federation.consumer.get("discoveries", "again")).status?.phase.phase;
      const failing = (): boolean => JSON.stringify(told).includes('"failures":3');
      await until(async () => failing() || (await phase()) === "Solved").toBe(true);
      return failing() ? "tried again and again" : phase();
    },
  },
];

const buying: readonly Scenario[] = [
  {
    defect: "soldOnce",
    on: "Failed",
    off: "Solved",
    look: async (options) => {
      const { federation, flavor } = await known(options);
      federation.provider("alpha").sellElsewhere(flavor);
      return (await reserve(federation, flavor))?.phase.phase;
    },
  },
  {
    defect: "neverReleased",
    on: false,
    off: true,
    look: async (options) => {
      const { federation, flavor } = await known(options);
      const alpha = federation.site("alpha");
      const { contract } = (await reserve(federation, flavor)) ?? {};
      const forSale = async () => (await alpha.get("flavors", flavor)).spec.availability;
      await until(forSale).toBe(false);
      await alpha.delete("contracts", contract?.name ?? "");
      await settle(federation);
      return forSale();
    },
  },
  {
    defect: "contractStatusDropped",
    on: undefined,
    off: "Active",
    look: async (options) => {
      const { federation, flavor } = await known(options);
      const { contract } = (await reserve(federation, flavor)) ?? {};
      return (await federation.consumer.get("contracts", contract?.name ?? "")).status?.phase.phase;
    },
  },
];

/** Buys two GPUs of alpha and makes the Allocation; returns the Contract's name. */
async function buyGpus(federation: TestFederation, flavor: string): Promise<string> {
  const data = { cpu: "1", memory: "512Mi", pods: "10", gpu: { count: 2 } };
  const { contract } =
    (await reserve(federation, flavor, { configuration: { type: "K8Slice", data } })) ?? {};
  await federation.consumer.create("allocations", "mine", { contract });
  return contract?.name ?? "";
}

const peering: readonly Scenario[] = [
  {
    defect: "sliceWithoutGpus",
    on: undefined,
    off: "2",
    look: async (options) => {
      const { federation, flavor } = await known(options);
      const name = await buyGpus(federation, flavor);
      await until(() => federation.consumer.find("resourceslices", name, TENANT)).toBeDefined();
      const { spec } = await federation.consumer.get("resourceslices", name, TENANT);
      return spec.resources?.["nvidia.com/gpu"];
    },
  },
  {
    defect: "sliceNotIdempotent",
    on: "Error",
    off: "Active",
    look: async (options) => {
      const { federation, contract } = await peered(options);
      await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
      await federation.consumer.create("allocations", "again", {
        contract: { name: contract, namespace: "fluidos" },
      });
      return stateOf(federation, "again");
    },
  },
  {
    defect: "virtualNodeNotAwaited",
    options: { timings: { ...quickTimings, grantMs: 500, peeringTimeoutMs: 2000 } },
    on: "Active",
    off: "Error",
    look: async (options) => {
      const { federation, contract } = await peered(options);
      const { consumer } = federation;
      await until(() => consumer.find("resourceslices", contract, TENANT)).toBeDefined();
      await consumer.admin.patch(consumer.path("resourceslices", contract, TENANT), "merge", {
        metadata: { annotations: { "liqo.io/create-virtual-node": "false" } },
      });
      return stateOf(federation, "mine");
    },
  },
  {
    defect: "activeTooEarly",
    options: { timings: { ...quickTimings, nodeMs: 600_000, peeringTimeoutMs: 300 } },
    on: "Active",
    off: "Error",
    look: async (options) => stateOf((await peered(options)).federation, "mine"),
  },
  {
    defect: "stuckInProvisioning",
    on: "Provisioning",
    off: "Active",
    look: async (options) => {
      const { federation, contract } = await peered(options);
      const { consumer } = federation;
      await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
      await until(() => readiness(consumer, contract)).toBe("True");
      federation.provider("alpha").dropForeignCluster();
      await allocated(federation, "mine", "ForeignCluster not found, peering not yet started");
      federation.provider("alpha").restorePeering();
      await until(async () => (await consumer.find("foreignclusters", "alpha"))?.status?.role).toBe(
        "Provider",
      );
      await settle(federation);
      return (await consumer.get("allocations", "mine")).status?.status;
    },
  },
  {
    defect: "peersOnce",
    on: "Peering",
    off: "Active",
    look: async (options) => {
      const { federation } = await peered(options);
      const { consumer } = federation;
      await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
      const flavor = await addGpuNode(federation.site("alpha"), "gpu-2");
      await discover(federation, "again");
      await discovered(federation, "again");
      await consumer.delete("reservations", "mine");
      const { contract } = (await reserve(federation, flavor)) ?? {};
      await consumer.create("allocations", "second", { contract });
      const state = async () => (await consumer.get("allocations", "second")).status?.status;
      await until(state).toMatch(/Peering|Active/);
      await settle(federation);
      return state();
    },
  },
];

const flavors: readonly Scenario[] = [
  {
    defect: "regionAndZoneSwapped",
    on: "zone-a",
    off: "eu-west-1",
    look: async (options) => (await gpuOfFlavor(options)).region,
  },
  {
    defect: "annotationsUnread",
    on: { model: "", cores: "0", memory: "0" },
    off: expect.objectContaining({ model: "nvidia-h100", count: 4 }),
    look: gpuOfFlavor,
  },
  {
    defect: "annotationPanics",
    on: 0,
    off: 1,
    look: async (options) => {
      const federation = await start(options);
      const alpha = federation.site("alpha");
      await addNode(alpha, "gpu-1", { ...h100Annotations, "gpu.fluidos.eu/clock-speed": "1.98GHz" });
      await settle(federation);
      return (await alpha.names("flavors")).length;
    },
  },
  {
    defect: "gpuLostOverRear",
    on: { model: "nvidia-h100", cores: "67584", memory: "320Gi" },
    off: expect.objectContaining({ count: 4, hourly_rate: 4.5 }),
    look: async (options) => {
      const { federation, flavor } = await known(options);
      const { spec } = await federation.consumer.get("peeringcandidates", candidateOf(flavor));
      return spec.flavor.spec.flavorType.typeData.characteristics.gpu;
    },
  },
  {
    defect: "flavorNeverUpdated",
    on: 4.5,
    off: 3.25,
    look: async (options) => {
      const federation = await start(options);
      const alpha = federation.site("alpha");
      const flavor = await addGpuNode(alpha, "gpu-1");
      await alpha.admin.patch(alpha.path("nodes", "gpu-1"), "merge", {
        metadata: { annotations: { "cost.fluidos.eu/hourly-rate": "3.25" } },
      });
      await settle(federation);
      return (await alpha.get("flavors", flavor)).spec.flavorType.typeData.characteristics.gpu?.hourly_rate;
    },
  },
  {
    defect: "flavorOwnerWrong",
    on: 1,
    off: 0,
    look: async (options) => {
      const federation = await start(options);
      const alpha = federation.site("alpha");
      await addGpuNode(alpha, "gpu-1");
      await alpha.delete("nodes", "gpu-1");
      await settle(federation);
      return (await alpha.names("flavors")).length;
    },
  },
];

const scenarios = [...finding, ...buying, ...peering, ...flavors];

describe.each(scenarios)("$defect", ({ defect, options = {}, look, on, off }) => {
  it(`on: ${defects[defect]}`, async () => {
    expect(await look({ ...options, defects: { [defect]: true } })).toEqual(on);
  });

  it("off", async () => {
    expect(await look({ ...options, defects: { [defect]: false } })).toEqual(off);
  });
});

describe("the defects", () => {
  it("are all of them shown: here, and four in the unit tests of filters and remainders", () => {
    const elsewhere: readonly Defect[] = [
      "booleanFilterInverted",
      "badFiltersDropped",
      "gpulessMatches",
      "remainderKeepsGpus",
    ];
    const shown = [...scenarios.map(({ defect }) => defect), ...elsewhere];
    expect(shown.sort()).toEqual(Object.keys(defects).sort());
  });
});
