import { within } from "./bounds.ts";
import { asked, atLeast, atMost, equals, type OfferCheck, rule, states } from "./check.ts";
import { startSeconds, taskCarbon } from "./figures.ts";
import type { ReasonCode } from "./reasons.ts";
import type { EnergyConstraints, Requirement } from "./requirement.ts";
import type { Offer } from "./types.ts";

type Names = readonly string[];

/** The conditions on where the GPU stands and who runs it. */
export function siteChecks(requirement: Requirement): OfferCheck[] {
  const { constraints } = requirement;
  return [
    ...asked(
      locationCheck(constraints.location),
      equals("availability-zone", constraints.availabilityZone?.toLowerCase(), zoneOf),
      providerCheck(constraints.providers),
      atMost("latency", constraints.maxLatencyMs, (offer) => offer.network.latencyMs),
      deadlineCheck(requirement),
    ),
    ...energyChecks(requirement, constraints.energy),
    ...complianceChecks(requirement),
    ...securityChecks(requirement),
    ...slaChecks(requirement),
  ];
}

const zoneOf = (offer: Offer): string | undefined => offer.place.zone?.toLowerCase();

function placesOf({ place }: Offer): Names {
  return [place.region, place.country, place.continent, ...place.groups].filter((name) => name !== undefined);
}

function locationCheck(asks: string | undefined): OfferCheck | undefined {
  const needs = asks?.toLowerCase();
  return rule("location", needs, placesOf, ({ place }) =>
    needs === undefined
      ? true
      : place.region === needs ||
        place.country === needs ||
        place.continent === needs ||
        place.groups.includes(needs),
  );
}

function providerCheck(asks: Names | undefined): OfferCheck | undefined {
  if (asks === undefined || asks.length === 0) return undefined;
  const names = new Set(asks.map((name) => name.toLowerCase()));
  const isNamed = (name: string | undefined): boolean => name !== undefined && names.has(name.toLowerCase());
  return rule(
    "provider",
    asks,
    (offer) => offer.provider,
    (offer) => isNamed(offer.provider) || isNamed(offer.operator),
  );
}

/** Start and run must end in time; `has` is the seconds that they take. */
function deadlineCheck({ constraints, runtimeHours }: Requirement): OfferCheck | undefined {
  const run = (runtimeHours ?? 0) * 3600;
  return atMost("deadline", constraints.deadlineSeconds, (offer) => startSeconds(offer) + run);
}

function energyChecks(requirement: Requirement, energy: EnergyConstraints = {}): OfferCheck[] {
  const carbon = (offer: Offer): number | undefined => taskCarbon(offer, requirement);
  return asked(
    atLeast("renewable", energy.renewableOnly ? 100 : undefined, (offer) => offer.energy.renewablePercent),
    atMost("pue", energy.maxPue, (offer) => offer.energy.pue),
    rule(
      "energy-rating",
      energy.ratingMin,
      (offer) => offer.energy.efficiencyRating,
      (offer) => (offer.energy.efficiencyRating ?? "Z") <= (energy.ratingMin ?? "Z"),
    ),
    states("green-certified", energy.greenCertifiedOnly, (offer) => offer.energy.greenCertified),
    rule("carbon", energy.maxCarbonPerHour, carbon, (offer) =>
      within(carbon(offer), energy.maxCarbonPerHour),
    ),
  );
}

function complianceChecks({ constraints }: Requirement): OfferCheck[] {
  const asks = constraints.compliance ?? {};
  return asked(
    namesCheck("certification", asks.certifications, (offer) => offer.compliance.certifications, "every"),
    namesCheck("data-residency", asks.dataResidency, (offer) => offer.compliance.dataResidency, "some"),
    states("gdpr", asks.gdpr, (offer) => offer.compliance.gdpr),
    states("hipaa", asks.hipaa, (offer) => offer.compliance.hipaa),
    states("encryption-at-rest", asks.encryptionAtRest, (offer) => offer.compliance.encryptionAtRest),
    states(
      "encryption-in-transit",
      asks.encryptionInTransit,
      (offer) => offer.compliance.encryptionInTransit,
    ),
    states("audit-logging", asks.auditLogging, (offer) => offer.compliance.auditLogging),
  );
}

/** Every certificate is needed; data may stay in any one of the places. */
function namesCheck(
  code: ReasonCode,
  asks: Names | undefined,
  has: (offer: Offer) => Names,
  how: "every" | "some",
): OfferCheck | undefined {
  if (asks === undefined || asks.length === 0) return undefined;
  const names = asks.map((name) => name.toLowerCase());
  const isStated = (offer: Offer) => (name: string) =>
    has(offer).some((stated) => stated.toLowerCase() === name);
  return rule(code, asks, has, (offer) => names[how](isStated(offer)));
}

function securityChecks({ constraints }: Requirement): OfferCheck[] {
  const asks = constraints.security ?? {};
  const isolation = asks.networkIsolation === "private" ? "private" : undefined;
  return asked(
    equals("network-isolation", isolation, (offer) => offer.security.networkIsolation),
    states("vpn-access", asks.vpnAccess, (offer) => offer.security.vpnAccess),
    states("bastion-host", asks.bastionHost, (offer) => offer.security.bastionHost),
    states("intrusion-detection", asks.intrusionDetection, (offer) => offer.security.intrusionDetection),
    states(
      "vulnerability-scanning",
      asks.vulnerabilityScanning,
      (offer) => offer.security.vulnerabilityScanning,
    ),
  );
}

function slaChecks({ constraints }: Requirement): OfferCheck[] {
  const asks = constraints.sla ?? {};
  return asked(
    atLeast("bandwidth", asks.minBandwidthGbps, (offer) => offer.network.bandwidthGbps),
    atMost("jitter", asks.maxJitterMs, (offer) => offer.sla.jitterMs),
    atLeast("uptime", asks.minUptimePercent, (offer) => offer.sla.uptimePercent),
    atMost("cold-start", asks.maxColdStartSeconds, (offer) => offer.sla.coldStartSeconds),
  );
}
