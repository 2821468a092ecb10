import type { Decision } from "./decision.ts";
import type { SuggestionCode } from "./reasons.ts";
import type { Constraints, GpuRequirement, Requirement } from "./requirement.ts";
import type { Offer, Snapshot } from "./types.ts";
import { compareVersions } from "./versions.ts";

/** What steps are made from. */
export interface StepContext {
  readonly snapshot: Snapshot;
  readonly requirement: Requirement;
  /** The cheapest place for a changed requirement. */
  readonly cheapest: (changed: Requirement) => Decision;
}

type Steps = (context: StepContext) => readonly Requirement[];

/** How many values of one figure are tried, nearest to the asked first. */
const TRIES = 8;

/** The changes of one condition, the smallest first. */
export function stepsFor(code: SuggestionCode, context: StepContext): readonly Requirement[] {
  return STEPS[code](context);
}

const STEPS: Readonly<Record<SuggestionCode, Steps>> = {
  "gpu-model": another("model", ["model", "variant", "reference"]),
  "gpu-variant": another("variant", ["variant"]),
  "gpu-vendor": another("vendor", ["vendor"]),
  "gpu-sharing": ({ requirement }) => {
    const { multiInstance: _, ...gpu } = requirement.gpu;
    const { dedicated: __, ...undedicated } = gpu;
    return requirement.gpu.multiInstance
      ? [{ ...requirement, gpu }]
      : [{ ...requirement, gpu: { ...undedicated, shared: true } }];
  },
  "gpu-count": fewerGpus,
  "gpu-memory": lower("memoryGiMin", (offer) => offer.gpu.memoryGi),
  "gpu-memory-max": higher("memoryGiMax", (offer) => offer.gpu.memoryGi),
  "gpu-cores": lower("coresMin", (offer) => offer.gpu.cores),
  "gpu-cores-max": higher("coresMax", (offer) => offer.gpu.cores),
  "gpu-clock": lower("clockHzMin", (offer) => offer.gpu.clockHz),
  "compute-capability": lowerComputeCapability,
  "fp32-tflops": lower("fp32TflopsMin", (offer) => offer.gpu.fp32Tflops),
  "multi-gpu-efficiency": lower("multiGpuEfficiencyMin", (offer) => offer.gpu.multiGpuEfficiency),
  architecture: another("architecture", ["architecture"]),
  tier: another("tier", ["tier"]),
  interconnect: another("interconnect", ["interconnect"]),
  topology: another("topology", ["topology"]),
  interruptible: ({ requirement }) => [{ ...requirement, gpu: { ...requirement.gpu, interruptible: true } }],
  location: elsewhere,
  "availability-zone": without("availabilityZone"),
  provider: otherProviders,
  latency: constraintUp("maxLatencyMs", (offer) => offer.network.latencyMs),
  deadline: without("deadlineSeconds"),
  renewable: withoutIn("energy", "renewableOnly"),
  pue: nearestIn("energy", "maxPue", (offer) => offer.energy.pue, "up"),
  "energy-rating": withoutIn("energy", "ratingMin"),
  "green-certified": withoutIn("energy", "greenCertifiedOnly"),
  carbon: withoutIn("energy", "maxCarbonPerHour"),
  certification: withoutIn("compliance", "certifications"),
  "data-residency": withoutIn("compliance", "dataResidency"),
  gdpr: withoutIn("compliance", "gdpr"),
  hipaa: withoutIn("compliance", "hipaa"),
  "encryption-at-rest": withoutIn("compliance", "encryptionAtRest"),
  "encryption-in-transit": withoutIn("compliance", "encryptionInTransit"),
  "audit-logging": withoutIn("compliance", "auditLogging"),
  "network-isolation": withoutIn("security", "networkIsolation"),
  "vpn-access": withoutIn("security", "vpnAccess"),
  "bastion-host": withoutIn("security", "bastionHost"),
  "intrusion-detection": withoutIn("security", "intrusionDetection"),
  "vulnerability-scanning": withoutIn("security", "vulnerabilityScanning"),
  bandwidth: nearestIn("sla", "minBandwidthGbps", (offer) => offer.network.bandwidthGbps, "down"),
  jitter: nearestIn("sla", "maxJitterMs", (offer) => offer.sla.jitterMs, "up"),
  uptime: nearestIn("sla", "minUptimePercent", (offer) => offer.sla.uptimePercent, "down"),
  "cold-start": nearestIn("sla", "maxColdStartSeconds", (offer) => offer.sla.coldStartSeconds, "up"),
  "max-hourly-cost": dearer("maxHourly", () => 1),
  "max-total-cost": dearer("maxTotal", ({ runtimeHours }) => runtimeHours ?? 1),
  "node-busy": ({ requirement }) => {
    const { dedicated: _, ...gpu } = requirement.gpu;
    return [{ ...requirement, gpu }];
  },
  "gpu-free": fewerGpus,
  cpu: ({ requirement }) => lessOf(requirement.cpu).map((cpu) => ({ ...requirement, cpu })),
  memory: ({ requirement }) => lessOf(requirement.memoryGi).map((memoryGi) => ({ ...requirement, memoryGi })),
  tasks: ({ requirement }) => fewer(requirement.tasks).map((tasks) => ({ ...requirement, tasks })),
  strategy: ({ requirement }) => [{ ...requirement, strategy: "flexible" }],
};

const lessOf = (amount: number): readonly number[] => [0.75, 0.5, 0.25].map((share) => amount * share);

/** Whole numbers below, the nearest first; far apart where there are many. */
function fewer(count: number): readonly number[] {
  const step = Math.max(1, Math.ceil(count / (TRIES * 2)));
  const counts: number[] = [];
  for (let less = count - step; less >= 1; less -= step) counts.push(less);
  return counts;
}

function fewerGpus({ requirement }: StepContext): readonly Requirement[] {
  return fewer(requirement.gpu.count).map((count) => ({
    ...requirement,
    gpu: { ...requirement.gpu, count },
  }));
}

type NumberOf<T> = { [K in keyof T]-?: T[K] extends number | undefined ? K : never }[keyof T];

/** A lower minimum: the values that offers have below the asked one. */
function lower(field: NumberOf<GpuRequirement>, has: (offer: Offer) => number | undefined): Steps {
  return ({ snapshot, requirement }) => {
    const values = below(snapshot.offers, has, requirement.gpu[field]);
    return values.map((value) => ({ ...requirement, gpu: { ...requirement.gpu, [field]: value } }));
  };
}

/** A higher maximum: the values that offers have above the asked one. */
function higher(field: NumberOf<GpuRequirement>, has: (offer: Offer) => number | undefined): Steps {
  return ({ snapshot, requirement }) =>
    above(snapshot.offers, has, requirement.gpu[field]).map((value) => ({
      ...requirement,
      gpu: { ...requirement.gpu, [field]: value },
    }));
}

function constraintUp(field: NumberOf<Constraints>, has: (offer: Offer) => number | undefined): Steps {
  return ({ snapshot, requirement }) =>
    above(snapshot.offers, has, requirement.constraints[field]).map((value) => ({
      ...requirement,
      constraints: { ...requirement.constraints, [field]: value },
    }));
}

function below(
  offers: readonly Offer[],
  has: (offer: Offer) => number | undefined,
  asked: number | undefined,
): readonly number[] {
  return distinct(offers, has)
    .filter((value) => value < (asked ?? Number.NEGATIVE_INFINITY))
    .sort((left, right) => right - left)
    .slice(0, TRIES);
}

function above(
  offers: readonly Offer[],
  has: (offer: Offer) => number | undefined,
  asked: number | undefined,
): readonly number[] {
  return distinct(offers, has)
    .filter((value) => value > (asked ?? Number.POSITIVE_INFINITY))
    .sort((left, right) => left - right)
    .slice(0, TRIES);
}

function distinct(offers: readonly Offer[], has: (offer: Offer) => number | undefined): number[] {
  return [...new Set(offers.map(has).filter((value) => value !== undefined))];
}

function lowerComputeCapability({ snapshot, requirement }: StepContext): readonly Requirement[] {
  const asked = requirement.gpu.computeCapabilityMin ?? "0";
  const versions = new Set(
    snapshot.offers.map(({ gpu }) => gpu.computeCapability).filter((version) => version !== undefined),
  );
  return [...versions]
    .filter((version) => compareVersions(version, asked) < 0)
    .sort((left, right) => compareVersions(right, left))
    .slice(0, TRIES)
    .map((computeCapabilityMin) => ({ ...requirement, gpu: { ...requirement.gpu, computeCapabilityMin } }));
}

/** Without the condition; then, where all tasks would get the same, with that instead of what was asked. */
function another(
  field: "model" | "variant" | "vendor" | "architecture" | "tier" | "interconnect" | "topology",
  dropped: readonly (keyof GpuRequirement)[],
): Steps {
  return ({ snapshot, requirement, cheapest }) => {
    const kept = Object.entries(requirement.gpu).filter(([name]) => !dropped.some((drop) => drop === name));
    const open: Requirement = {
      ...requirement,
      gpu: Object.fromEntries(kept) as unknown as GpuRequirement,
    };
    const got = common(snapshot, cheapest(open), (offer) => offer.gpu[field]);
    return got === undefined ? [open] : [{ ...open, gpu: { ...open.gpu, [field]: got } }, open];
  };
}

function elsewhere({ snapshot, requirement, cheapest }: StepContext): readonly Requirement[] {
  const { location: _, ...constraints } = requirement.constraints;
  const open = { ...requirement, constraints };
  const got = common(snapshot, cheapest(open), ({ place }) => place.region ?? place.country);
  return got === undefined ? [open] : [{ ...open, constraints: { ...constraints, location: got } }, open];
}

function otherProviders({ snapshot, requirement, cheapest }: StepContext): readonly Requirement[] {
  const { providers = [], ...constraints } = requirement.constraints;
  const open = { ...requirement, constraints };
  const got = common(snapshot, cheapest(open), ({ provider }) => provider);
  const wider = { ...constraints, providers: [...providers, got ?? ""] };
  return got === undefined ? [open] : [{ ...open, constraints: wider }, open];
}

/** What all chosen offers have in common. */
function common<T>(
  { offers }: Snapshot,
  decision: Decision,
  read: (offer: Offer) => T | undefined,
): T | undefined {
  if (!decision.placed) return undefined;
  const chosen = new Set(decision.placements.map(({ offer }) => offer));
  const values = new Set(offers.filter(({ id }) => chosen.has(id)).map(read));
  return values.size === 1 ? [...values][0] : undefined;
}

function without(field: keyof Constraints): Steps {
  return ({ requirement }) => {
    const { [field]: _, ...constraints } = requirement.constraints;
    return [{ ...requirement, constraints }];
  };
}

/** The values that offers have on the other side of the asked one, for a bound of the energy or of the service. */
function nearestIn<Part extends "energy" | "sla">(
  part: Part,
  field: NumberOf<NonNullable<Constraints[Part]>> & string,
  has: (offer: Offer) => number | undefined,
  way: "up" | "down",
): Steps {
  return ({ snapshot, requirement }) => {
    const { constraints } = requirement;
    const asks: Readonly<Record<string, unknown>> = { ...constraints[part] };
    const asked = typeof asks[field] === "number" ? asks[field] : undefined;
    const values = (way === "up" ? above : below)(snapshot.offers, has, asked);
    return values.map((value) => ({
      ...requirement,
      constraints: { ...constraints, [part]: { ...asks, [field]: value } },
    }));
  };
}

function withoutIn<Part extends "energy" | "compliance" | "security" | "sla">(
  part: Part,
  field: keyof NonNullable<Constraints[Part]>,
): Steps {
  return ({ requirement }) => {
    const kept = Object.entries(requirement.constraints[part] ?? {}).filter(([name]) => name !== field);
    return [
      { ...requirement, constraints: { ...requirement.constraints, [part]: Object.fromEntries(kept) } },
    ];
  };
}

/** The bound raised to the cheapest rate there is, rounded up to a cent. */
function dearer(field: "maxHourly" | "maxTotal", hours: (requirement: Requirement) => number): Steps {
  return ({ requirement, cheapest }) => {
    const { [field]: _, ...constraints } = requirement.constraints;
    const decision = cheapest({ ...requirement, constraints });
    if (!decision.placed || !decision.rate) return [];
    const amount = Math.ceil(decision.rate.amount * hours(requirement) * 100) / 100;
    const raised = { amount, currency: requirement.currency };
    return [{ ...requirement, constraints: { ...constraints, [field]: raised } }];
  };
}
