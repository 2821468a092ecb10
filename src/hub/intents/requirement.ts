import {
  type Constraints,
  type Fallback,
  type GpuRequirement,
  type Negotiation,
  type Requirement,
  workloadKindOf,
} from "../../allocation/requirement.ts";
import type { CurrencyRates, Money, Objective } from "../../allocation/types.ts";
import type { Problem } from "../../intent/problem.ts";
import type { ConstraintsSpec, GpuSpec, IntentSpec } from "../../intent/spec-schema.ts";
import { gibibytesOf, leadingNumberOf, millisecondsOf, numberOf } from "../../intent/values.ts";
import { tasksOf } from "../../intent/workload-rules.ts";
import { parseDateTime } from "../../units/dates.ts";
import { parseMoney } from "../../units/money.ts";
import { vendorIn } from "../../vocabulary/vendor-in.ts";
import { type Given, given } from "../inventory/given.ts";
import { foreignHosts, type HostOwners } from "./host-names.ts";
import type { ResolveModel } from "./models.ts";

/** What a requirement depends on beside the Intent. */
export interface RequirementContext {
  readonly resolveModel: ResolveModel;
  /** Milliseconds since 1970; deadlines are told from here. */
  readonly now: number;
  /** Currency of rates where the Intent names none, ISO 4217. */
  readonly currency: string;
  /** Amounts in others could be compared with nothing. */
  readonly currencyRates: CurrencyRates;
  /** Whose Intent it is; what only some tenants may ask is asked by this one. */
  readonly tenant?: string;
  readonly hosts?: HostOwners | undefined;
}

export type ReadRequirement =
  | { readonly ok: true; readonly requirement: Requirement }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const HOUR_MS = 3_600_000;

const OBJECTIVES: Readonly<Record<IntentSpec["objective"], Objective>> = {
  PerformanceMaximization: "performance",
  CostMinimization: "cost",
  LatencyMinimization: "latency",
  EnergyEfficiency: "energy",
  BalancedOptimization: "balanced",
};

/** What an Intent asks, as the allocator understands it; or what of it nobody can understand. */
export function requirementOf(spec: IntentSpec, context: RequirementContext): ReadRequirement {
  const gpu = gpuOf(spec, context);
  const problems = [
    ...(gpu.ok ? [] : gpu.problems),
    ...foreignMoney(spec, context),
    ...foreignHosts(spec, context.tenant ?? "", context.hosts),
  ];
  if (!gpu.ok || problems.length > 0) return { ok: false, problems };
  const { workload, constraints } = spec;
  const { cpu, memory } = workload.resources;
  const communication = communicationOf(workload.communicationPattern);
  const runtime = workload.type === "Batch" ? workload.batch?.timeout : undefined;
  const money = constraints?.maxHourlyCost ?? constraints?.maxTotalCost;
  const tier = gpu.gpu.tier;
  const kind = workloadKindOf({
    type: workload.type === "Batch" ? "batch" : "service",
    ...given({ communication, tier }),
  });
  const requirement: Requirement = {
    gpu: gpu.gpu,
    cpu: cpu === undefined ? 0 : numberOf(cpu),
    memoryGi: memory === undefined ? 0 : gibibytesOf(memory),
    tasks: tasksOf(spec),
    objective: OBJECTIVES[spec.objective],
    kind,
    currency: (money === undefined ? undefined : parseMoney(money)?.currency) ?? context.currency,
    constraints: constraintsOf(spec, context.now),
    priority: spec.priority,
    ...given({
      strategy: strategyOf(workload.deploymentStrategy),
      communication,
      runtimeHours: runtime === undefined ? undefined : millisecondsOf(runtime) / HOUR_MS,
      negotiation: negotiationOf(constraints?.negotiation),
    }),
  };
  return { ok: true, requirement };
}

/** Amounts in currencies that nobody knows the worth of. */
function foreignMoney(
  { constraints = {} }: IntentSpec,
  { currencyRates }: RequirementContext,
): readonly Problem[] {
  return (["maxHourlyCost", "maxTotalCost"] as const).flatMap((field): readonly Problem[] => {
    const amount = constraints[field];
    const currency = amount === undefined ? undefined : parseMoney(amount)?.currency;
    if (currency === undefined || currencyRates[currency] !== undefined) return [];
    const known = Object.keys(currencyRates).sort().join(", ");
    const message = `is in ${currency}, which has no rate here; known are ${known}`;
    return [{ path: `spec.constraints.${field}`, reason: "unknown", message }];
  });
}

type ReadGpu = { readonly ok: true; readonly gpu: GpuRequirement } | Extract<ReadRequirement, { ok: false }>;

function gpuOf({ workload, constraints }: IntentSpec, { resolveModel }: RequirementContext): ReadGpu {
  const { gpu } = workload.resources;
  const named = gpu.model === undefined ? undefined : resolveModel(gpu.model);
  if (named?.known === false) {
    const hint = named.nearest.length === 0 ? "" : `; did you mean ${named.nearest.join(" or ")}?`;
    const message = `is ${JSON.stringify(gpu.model)}, which no catalogue knows${hint}`;
    return {
      ok: false,
      problems: [{ path: "spec.workload.resources.gpu.model", reason: "unknown", message }],
    };
  }
  const { known: _, ...model } = named ?? { known: true };
  const vendor = gpu.vendor?.toLowerCase();
  const made = vendorIn(model.model);
  if (vendor !== undefined && vendor !== "any" && made !== undefined && made !== vendor)
    return {
      ok: false,
      problems: [
        {
          path: "spec.workload.resources.gpu.vendor",
          reason: "contradiction",
          message: `is ${gpu.vendor}, but the model (${gpu.model}) is not made by it; drop one`,
        },
      ],
    };
  const isInterruptible = gpu.interruptible === true || constraints?.preEmptible === true;
  return {
    ok: true,
    gpu: {
      ...model,
      count: gpu.count,
      ...minimumsOf(gpu),
      ...given({
        vendor,
        architecture: gpu.architecture,
        tier: gpu.tier?.toLowerCase(),
        interconnect: gpu.interconnect === undefined ? undefined : INTERCONNECTS[gpu.interconnect],
        topology: gpu.topology === undefined ? undefined : TOPOLOGIES[gpu.topology],
        shared: gpu.shared,
        multiInstance: gpu.multiInstance,
        dedicated: gpu.dedicated,
        interruptible: isInterruptible ? true : undefined,
      }),
    },
  };
}

/** Absent, and zero where zero asks for nothing. */
const minimumsOf = (gpu: GpuSpec): Given<Partial<GpuRequirement>> =>
  given({
    memoryGiMin: gpu.memoryMin === undefined ? undefined : gibibytesOf(gpu.memoryMin),
    memoryGiMax: gpu.memoryMax === undefined ? undefined : gibibytesOf(gpu.memoryMax),
    coresMin: gpu.coresMin || undefined,
    coresMax: gpu.coresMax || undefined,
    clockHzMin: gpu.clockSpeedMin === undefined ? undefined : numberOf(gpu.clockSpeedMin),
    computeCapabilityMin: gpu.computeCapability,
    fp32TflopsMin: gpu.fp32TFlops || undefined,
    multiGpuEfficiencyMin: gpu.multiGPUEfficiency || undefined,
  });

const INTERCONNECTS = {
  Pcie: "pcie",
  XeLink: "xe-link",
  InfinityFabric: "infinity-fabric",
  NvLink: "nvlink",
} as const;
const TOPOLOGIES = { AllToAll: "all-to-all", NvSwitch: "nvswitch", Ring: "ring", Mesh: "mesh" } as const;
const STRATEGIES = { Colocated: "colocated", Distributed: "distributed", Flexible: "flexible" } as const;
const PATTERNS = { AllReduce: "all-reduce", Independent: "independent", Pipeline: "pipeline" } as const;

const strategyOf = (strategy: keyof typeof STRATEGIES | undefined) =>
  strategy === undefined ? undefined : STRATEGIES[strategy];
const communicationOf = (pattern: keyof typeof PATTERNS | undefined) =>
  pattern === undefined ? undefined : PATTERNS[pattern];

function constraintsOf({ constraints, sla }: IntentSpec, now: number): Constraints {
  const { performance, security, deadline } = constraints ?? {};
  const uptimes = [
    sla?.availability === undefined ? 0 : leadingNumberOf(sla.availability),
    performance?.minUptimePercent ?? 0,
  ];
  const { minNetworkBandwidth, maxColdStartTime } = performance ?? {};
  const conditions = {
    energy: energyOf(constraints?.energy),
    compliance: complianceOf(constraints?.compliance),
    security: security === undefined ? undefined : securityOf(security),
    sla: nonEmpty(
      given({
        minUptimePercent: Math.max(...uptimes) || undefined,
        maxJitterMs: performance?.maxJitterMs,
        maxColdStartSeconds:
          maxColdStartTime === undefined ? undefined : millisecondsOf(maxColdStartTime) / 1000,
        minBandwidthGbps: minNetworkBandwidth === undefined ? undefined : numberOf(minNetworkBandwidth) / 1e9,
      }),
    ),
  };
  return given({
    maxHourly: moneyOf(constraints?.maxHourlyCost),
    maxTotal: moneyOf(constraints?.maxTotalCost),
    location: constraints?.location,
    availabilityZone: constraints?.availabilityZone,
    maxLatencyMs: constraints?.maxLatencyMs || undefined,
    providers: constraints?.providers,
    deadlineSeconds: deadline === undefined ? undefined : ((parseDateTime(deadline) ?? 0) - now) / 1000,
    ...conditions,
  });
}

const moneyOf = (text: string | undefined): Money | undefined =>
  text === undefined ? undefined : parseMoney(text);

/** Without a condition in it there is nothing to check. */
const nonEmpty = <T extends object>(conditions: T): T | undefined =>
  Object.keys(conditions).length === 0 ? undefined : conditions;

const energyOf = (energy: ConstraintsSpec["energy"]): Constraints["energy"] =>
  energy &&
  given({
    maxCarbonPerHour:
      energy.maxCarbonFootprint === undefined ? undefined : leadingNumberOf(energy.maxCarbonFootprint),
    renewableOnly: energy.renewableEnergyOnly,
    ratingMin: energy.energyEfficiencyRating,
    maxPue: energy.powerUsageEffectiveness,
    greenCertifiedOnly: energy.greenCertifiedOnly,
  });

const complianceOf = (compliance: ConstraintsSpec["compliance"]): Constraints["compliance"] =>
  compliance &&
  given({
    certifications: compliance.certifications,
    dataResidency: compliance.dataResidency,
    gdpr: compliance.gdprCompliant,
    hipaa: compliance.hipaaCompliant,
    encryptionAtRest: compliance.encryptionAtRest,
    encryptionInTransit: compliance.encryptionInTransit,
    auditLogging: compliance.auditLogging,
  });

const securityOf = (security: NonNullable<ConstraintsSpec["security"]>): Constraints["security"] =>
  given({
    networkIsolation: security.networkIsolation === "Private" ? ("private" as const) : undefined,
    vpnAccess: security.vpnAccess,
    bastionHost: security.bastionHost,
    intrusionDetection: security.intrusionDetection,
    vulnerabilityScanning: security.vulnerabilityScanning,
  });

function negotiationOf(negotiation: ConstraintsSpec["negotiation"]): Negotiation | undefined {
  if (negotiation === undefined) return undefined;
  const { fallbackStrategy, priceFlexibility, resourceFlexibility, autoAcceptThreshold } = negotiation;
  const fallbacks = fallbackStrategy === "fail" ? [] : fallbackStrategy.split(",");
  return {
    fallbacks: fallbacks.map((step) => step.replaceAll("_", "-") as Fallback),
    priceFlexibility,
    resourceFlexibility,
    autoAcceptThreshold,
  };
}
