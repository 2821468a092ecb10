import type { Offer, OfferCompliance, OfferPlace } from "../../allocation/types.ts";
import type { ProviderFacts } from "../../intent/provider-schema.ts";
import type { Values } from "../../vocabulary/annotations.ts";
import { given } from "./given.ts";
import type { NodeRecord } from "./node-record.ts";
import type { Regions } from "./regions.ts";

/** What the provider object says of its nodes. */
export interface StatedFacts {
  readonly defaults?: ProviderFacts | undefined;
  readonly overrides?: ProviderFacts | undefined;
}

export type SiteFacts = Pick<Offer, "place" | "network" | "energy" | "compliance" | "security" | "sla">;

/** What holds for every group of a node: the provider's overrides, then the node's annotations, then the defaults. */
export function siteFacts(node: NodeRecord, stated: StatedFacts, regions: Regions): SiteFacts {
  const { values } = node.description;
  const layer = <T extends object>(own: T, pick: (facts: ProviderFacts) => object | undefined): T =>
    ({
      ...given(pick(stated.defaults ?? {}) ?? {}),
      ...given(own),
      ...given(pick(stated.overrides ?? {}) ?? {}),
    }) as T;
  const compliance = layer(complianceOf(values) as Partial<OfferCompliance>, (facts) => facts.compliance);
  return {
    place: placeOf(node, stated, regions),
    network: given({
      latencyMs: values["network.fluidos.eu/latency-ms"],
      bandwidthGbps: values["network.fluidos.eu/bandwidth-gbps"],
      tier: values["network.fluidos.eu/tier"],
    }),
    energy: layer(energyOf(values), ({ energy }) => energy) as SiteFacts["energy"],
    compliance: {
      ...compliance,
      certifications: compliance.certifications ?? [],
      dataResidency: compliance.dataResidency ?? [],
    },
    security: securityOf(values),
    sla: given({
      uptimePercent: values["sla.fluidos.eu/uptime-percent"],
      jitterMs: values["sla.fluidos.eu/jitter-ms"],
      coldStartSeconds: values["sla.fluidos.eu/cold-start-seconds"],
    }),
  };
}

function placeOf(node: NodeRecord, { defaults, overrides }: StatedFacts, regions: Regions): OfferPlace {
  const { values } = node.description;
  const [fixed, fallback] = [overrides?.location, defaults?.location];
  const region = fixed?.region ?? values["location.fluidos.eu/region"] ?? node.region ?? fallback?.region;
  const zone = fixed?.zone ?? values["location.fluidos.eu/zone"] ?? node.zone ?? fallback?.zone;
  const operator = values["provider.fluidos.eu/name"]?.toLowerCase();
  const known = region === undefined ? undefined : regions.find(region.toLowerCase(), operator);
  const country = (fixed?.country ?? known?.country ?? fallback?.country)?.toLowerCase();
  // A country that is stated moves the place, whatever the region's name would say.
  const around =
    country === known?.country ? known : country === undefined ? undefined : regions.country(country);
  const { continent, groups = [] } = around ?? {};
  return { ...given({ region, zone, country, continent }), groups };
}

const energyOf = (values: Values) => ({
  pue: values["energy.fluidos.eu/pue"],
  carbonIntensity: values["energy.fluidos.eu/carbon-intensity"],
  renewablePercent: values["energy.fluidos.eu/renewable-percent"],
  efficiencyRating: values["energy.fluidos.eu/efficiency-rating"],
  greenCertified: values["energy.fluidos.eu/green-certified"],
});

const complianceOf = (values: Values) => ({
  certifications: values["compliance.fluidos.eu/certifications"],
  dataResidency: values["compliance.fluidos.eu/data-residency"],
  gdpr: values["compliance.fluidos.eu/gdpr"],
  hipaa: values["compliance.fluidos.eu/hipaa"],
  encryptionAtRest: values["compliance.fluidos.eu/encryption-at-rest"],
  encryptionInTransit: values["compliance.fluidos.eu/encryption-in-transit"],
  auditLogging: values["compliance.fluidos.eu/audit-logging"],
});

const securityOf = (values: Values): SiteFacts["security"] =>
  given({
    networkIsolation: values["security.fluidos.eu/network-isolation"],
    vpnAccess: values["security.fluidos.eu/vpn-access"],
    bastionHost: values["security.fluidos.eu/bastion-host"],
    intrusionDetection: values["security.fluidos.eu/intrusion-detection"],
    vulnerabilityScanning: values["security.fluidos.eu/vulnerability-scanning"],
  }) as SiteFacts["security"];
