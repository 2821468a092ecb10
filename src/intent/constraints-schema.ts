import * as z from "zod";
import {
  bitsPerSecond,
  choice,
  decimal,
  duration,
  flag,
  hints,
  looseChoice,
  money,
  text,
  whole,
  words,
} from "./fields.ts";

const DAY_OR_TIME =
  "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])([Tt][0-9:.]{8,18}([Zz]|[+-]\\d{2}:\\d{2}))?$";
const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

const maintenanceWindowSchema = z.strictObject({
  start: text("date-or-time", { structural: { type: "string", pattern: DAY_OR_TIME } }).describe(
    "First day, or time with its zone, of one such window.",
  ),
  end: text("date-or-time", { structural: { type: "string", pattern: DAY_OR_TIME } }).describe(
    "Its last day, or the time at which it ends.",
  ),
  frequency: choice(["Weekly", "Monthly"]).describe("How often it comes.").default("Weekly"),
});

const availabilitySchema = z
  .strictObject({
    windowStart: z.string().regex(CLOCK).describe("Start of the daily window, HH:MM.").optional(),
    windowEnd: z
      .string()
      .regex(CLOCK)
      .describe("End of the daily window, HH:MM; may be past midnight.")
      .optional(),
    timezone: text("time-zone", { structural: { type: "string", maxLength: 64 } })
      .describe("Time zone of all times and days here; UTC where absent.")
      .optional(),
    daysOfWeek: z
      .array(choice(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], { restValue: "as-is" }))
      .max(7)
      .describe("Days on which the window opens; every day where absent.")
      .optional(),
    blackoutDates: z
      .array(
        text("date", { structural: { type: "string", pattern: DAY_OR_TIME.replace(/\(\[Tt\].*$/, "$") } }),
      )
      .max(366)
      .describe("Days on which nothing runs, YYYY-MM-DD.")
      .optional(),
    maintenanceWindows: z
      .array(maintenanceWindowSchema)
      .max(50)
      .describe("Recurring times in which nothing runs.")
      .optional(),
  })
  .describe("When the workload may run; outside it is suspended.");

const negotiationSchema = z
  .strictObject({
    fallbackStrategy: text("fallbacks", { structural: { type: "string", maxLength: 64 } })
      .describe(
        "What is relaxed, in order, when nothing fits: queue, lower_tier, shared, spot; or fail. Comma-separated.",
      )
      .default("queue"),
    priceFlexibility: decimal(0, 10)
      .describe("Share by which a relaxed offer may cost more than allowed.")
      .default(0.15),
    resourceFlexibility: decimal(0, 1)
      .describe("Share by which a relaxed offer may have less than asked.")
      .default(0.1),
    autoAcceptThreshold: decimal(0, 1)
      .describe("A relaxed offer that deviates by no more than this is taken without asking.")
      .default(0.05),
    maxNegotiationRounds: whole(1, 100).describe("Steps of relaxation that are tried.").default(3),
    timeoutSeconds: whole(1, 31_536_000)
      .describe("After so long without an offer the relaxation begins.")
      .default(300),
  })
  .describe("What may be given up when nothing fits.");

const energySchema = z
  .strictObject({
    maxCarbonFootprint: text("grams-per-hour", { structural: { type: "string", maxLength: 32 } })
      .describe("Most CO2 in an hour, such as 50g CO2/h.")
      .optional(),
    renewableEnergyOnly: flag().describe("True: renewable energy only.").optional(),
    energyEfficiencyRating: looseChoice(["A", "B", "C", "D", "E", "F"], { restValue: "as-is" })
      .describe("Worst energy rating of the site that will do, A to F.")
      .optional(),
    powerUsageEffectiveness: decimal(1, 10).describe("Highest PUE of the data centre.").optional(),
    greenCertifiedOnly: flag().describe("True: only sites with a green-energy certificate.").optional(),
  })
  .describe("Conditions on energy.");

const complianceSchema = z
  .strictObject({
    dataResidency: z
      .array(words(64))
      .max(50)
      .describe("Where data must stay: countries or groups, such as EU.")
      .optional(),
    certifications: z
      .array(choice(["ISO27001", "SOC2"], { restValue: "as-is" }))
      .max(50)
      .describe("Certificates that the provider must hold.")
      .optional(),
    encryptionAtRest: flag().describe("True: data at rest must be encrypted.").optional(),
    encryptionInTransit: flag().describe("True: data in transit must be encrypted.").optional(),
    auditLogging: flag().describe("True: access must be logged.").optional(),
    gdprCompliant: flag().describe("True: GDPR must be complied with.").optional(),
    hipaaCompliant: flag({ misspelt: "hippaCompliant" })
      .describe("True: HIPAA must be complied with.")
      .optional(),
  })
  .describe("Conditions on compliance.");

const performanceSchema = z
  .strictObject({
    minNetworkBandwidth: bitsPerSecond()
      .describe("Least bandwidth of the node's network in bit/s, such as 10G.")
      .optional(),
    maxJitterMs: whole(0, 3_600_000).describe("Most network jitter in milliseconds.").optional(),
    minUptimePercent: decimal(0, 100)
      .describe("Least uptime that the provider promises, in percent.")
      .optional(),
    maxColdStartTime: duration()
      .describe("Most time from placement to a running container, such as 30s.")
      .optional(),
    gpuUtilizationTarget: decimal(0, 1)
      .describe("GPU utilisation that autoScale holds, 0 to 1; the same as scaling.targetGPUPercent.")
      .optional(),
    memoryUtilizationTarget: decimal(0, 1)
      .describe("Memory utilisation that autoScale holds, 0 to 1.")
      .optional(),
  })
  .describe("Conditions on network, uptime and start.");

const firewallRuleSchema = z.strictObject({
  port: whole(1, 65_535).describe("Port that the rule is about."),
  protocol: words(16).describe("TCP, UDP or SCTP."),
  source: words(64).describe("Where traffic comes from, as a CIDR, such as 10.0.0.0/8."),
  action: choice(["Allow", "Deny"]).describe("Allow; what no rule allows is denied."),
});

const securitySchema = z
  .strictObject({
    networkIsolation: choice(["Public", "Private"])
      .describe("Private: only nodes in a private network. Public: no condition.")
      .default("Public"),
    firewallRules: z
      .array(firewallRuleSchema)
      .max(100)
      .describe("Traffic that may reach the workload.")
      .optional(),
    vpnAccess: flag().describe("True: the node must be reachable by VPN.").optional(),
    bastionHost: flag().describe("True: the node must be reachable through a bastion host.").optional(),
    intrusionDetection: flag().describe("True: intrusion detection must run.").optional(),
    vulnerabilityScanning: flag().describe("True: vulnerability scanning must run.").optional(),
  })
  .describe("Conditions on security.");

export const constraintsSchema = z
  .strictObject({
    maxHourlyCost: money()
      .describe('Most that the whole Intent may cost in an hour, such as "10 EUR".')
      .optional(),
    maxTotalCost: money()
      .describe("Most that it may cost in all; it is stopped when that is spent.")
      .optional(),
    location: words(64, { any: true })
      .describe("Region, country, continent or group, such as EU.")
      .optional(),
    availabilityZone: words(64, { any: true }).describe("Zone.").optional(),
    maxLatencyMs: whole(0, 3_600_000, { kind: "milliseconds", aliases: ["maxNetworkLatency", "maxLatency"] })
      .describe("Most network latency in milliseconds.")
      .optional(),
    deadline: text("time", { structural: { type: "string", format: "date-time" } })
      .describe("Time by which a Batch workload must be done, RFC 3339.")
      .optional(),
    preEmptible: flag({ rest: "preemptible", aliases: ["preemptible"] })
      .describe("True: spot nodes are allowed too.")
      .optional(),
    providers: z.array(words()).max(100).describe("Only these providers.").optional(),
    availability: availabilitySchema.optional(),
    negotiation: negotiationSchema.optional(),
    energy: energySchema.optional(),
    compliance: complianceSchema.optional(),
    performance: performanceSchema.optional(),
    security: securitySchema.optional(),
  })
  .register(hints, { misspelt: "contraints" })
  .describe("Conditions on where, when and for how much it may run. Absent means no condition.");
