import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { CurrencyRates, Offer, OfferedGpu, Snapshot } from "../../../src/allocation/types.ts";

/** 1 USD is 0.9 EUR. */
export const RATES: CurrencyRates = { EUR: 1, USD: 0.9 };

type Parts<T> = {
  [K in keyof T]?: T[K] extends readonly unknown[] | undefined
    ? T[K]
    : T[K] extends object | undefined
      ? Partial<T[K]>
      : T[K];
};

const GPU: OfferedGpu = {
  vendor: "nvidia",
  model: "nvidia-a100",
  variant: "sxm4-80gb",
  memoryGi: 80,
  architecture: "ampere",
  tier: "premium",
  cores: 6912,
  clockHz: 1.41e9,
  computeCapability: "8.0",
  fp32Tflops: 19.5,
  interconnect: "nvlink",
  interconnectGBps: 600,
  topology: "nvswitch",
  multiGpuEfficiency: 0.9,
  sharing: "none",
  replicas: 1,
  scores: { training: 0.8, inference: 0.7, hpc: 0.9, graphics: 0.1 },
};

/** An offer that states every fact: 8 idle A100 in Frankfurt for 2 EUR an hour each. */
export function offer(id: string, parts: Parts<Offer> = {}): Offer {
  const { gpu, place, network, energy, compliance, security, sla, ...rest } = parts;
  return {
    id,
    provider: "alpha",
    node: id,
    resource: "nvidia.com/gpu",
    total: 8,
    free: 8,
    nodeGpus: 8,
    nodeIdle: true,
    cpu: 64,
    memoryGi: 512,
    unitRate: 2,
    currency: "EUR",
    interruptible: false,
    ...rest,
    gpu: { ...GPU, ...gpu } as OfferedGpu,
    place: {
      region: "eu-central-1",
      zone: "eu-central-1a",
      country: "de",
      continent: "europe",
      groups: ["eu"],
      ...place,
    },
    network: { latencyMs: 10, bandwidthGbps: 100, tier: "premium", ...network },
    energy: {
      watts: 400,
      pue: 1.2,
      carbonIntensity: 300,
      renewablePercent: 60,
      efficiencyRating: "B",
      greenCertified: false,
      ...energy,
    },
    compliance: { certifications: [], dataResidency: [], ...compliance },
    security: { ...security },
    sla: { uptimePercent: 99.9, jitterMs: 5, coldStartSeconds: 20, ...sla },
  };
}

/** An offer that states nothing that it need not state. */
export function silentOffer(id: string): Offer {
  const { unitRate: _, currency: __, ...rest } = offer(id);
  return {
    ...rest,
    gpu: { vendor: "nvidia", sharing: "none", replicas: 1, scores: {} },
    place: { groups: [] },
    network: {},
    energy: {},
    compliance: { certifications: [], dataResidency: [] },
    security: {},
    sla: {},
  };
}

/** A requirement for one whole GPU of any kind, at the least cost. */
export function requirement(parts: Parts<Requirement> = {}): Requirement {
  const { gpu, constraints, weights, negotiation, ...rest } = parts;
  return {
    cpu: 1,
    memoryGi: 1,
    tasks: 1,
    objective: "cost",
    kind: "training",
    currency: "EUR",
    priority: 0,
    ...rest,
    ...(weights && { weights }),
    ...(negotiation && {
      negotiation: {
        fallbacks: [],
        priceFlexibility: 0,
        resourceFlexibility: 0,
        autoAcceptThreshold: 0,
        ...negotiation,
      },
    }),
    gpu: { count: 1, ...gpu },
    constraints: { ...constraints },
  };
}

export const snapshot = (...offers: readonly Offer[]): Snapshot => ({ offers, currencyRates: RATES });
