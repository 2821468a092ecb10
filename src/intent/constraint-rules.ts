import { parseDateTime } from "../units/dates.ts";
import { parseMoney } from "../units/money.ts";
import { show } from "./problem.ts";
import type { Report, Rule } from "./rule.ts";
import type { ConstraintsSpec } from "./spec-schema.ts";

const MAX_AMOUNT = 1e9;
const CIDR = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|(?=\/))){4}\/(?:3[0-2]|[12]?\d)$/;
const CIDR6 = /^[0-9a-f:]*:[0-9a-f:]*\/(?:12[0-8]|1[01]\d|\d?\d)$/i;

const costs: Rule = ({ constraints }, report) => {
  const { maxHourlyCost, maxTotalCost } = constraints ?? {};
  for (const [key, cost] of Object.entries({ maxHourlyCost, maxTotalCost })) {
    const amount = cost === undefined ? 1 : (parseMoney(cost)?.amount ?? 0);
    if (amount <= 0)
      report(`constraints.${key}`, `is ${cost}, which nothing costs; name an amount above zero or drop it`);
    if (amount > MAX_AMOUNT)
      report(`constraints.${key}`, `is ${cost}, expected at most ${MAX_AMOUNT}; drop it for no limit`);
  }
};

const deadline: Rule = ({ constraints, workload }, report, named) => {
  if (constraints?.deadline === undefined || workload?.type !== "Service") return;
  const type = named("workload.type");
  report(
    "constraints.deadline",
    `is for workloads that end, but ${type} is Service; drop it`,
    "contradiction",
  );
};

const window: Rule = ({ constraints }, report, named) => {
  const { windowStart, windowEnd } = constraints?.availability ?? {};
  const at = "constraints.availability";
  if (windowStart !== undefined && windowEnd === undefined) {
    report(`${at}.windowEnd`, `is required beside ${named(`${at}.windowStart`)}`, "missing");
  }
  if (windowStart === undefined && windowEnd !== undefined) {
    report(`${at}.windowStart`, `is required beside ${named(`${at}.windowEnd`)}`, "missing");
  }
  if (windowStart !== undefined && windowStart === windowEnd) {
    report(
      `${at}.windowEnd`,
      `is ${windowEnd}, as the start is: the window is empty; drop both for the whole day`,
      "contradiction",
    );
  }
};

const maintenance: Rule = ({ constraints }, report) => {
  const windows = constraints?.availability?.maintenanceWindows ?? [];
  windows.forEach(({ start, end, frequency }, index) => {
    const at = `constraints.availability.maintenanceWindows[${index}]`;
    const [from, to] = [dayOrTime(start, "start"), dayOrTime(end, "end")];
    const period = frequency === "Weekly" ? 7 : 28;
    if (to <= from) report(`${at}.end`, `is ${end}, not after the start (${start})`, "contradiction");
    else if (to - from >= period * 86_400_000) {
      report(
        `${at}.end`,
        `is ${end}: a ${frequency.toLowerCase()} window that never ends; it must be shorter than ${period} days`,
      );
    }
  });
};

/** A day alone begins at its midnight, and as an end lasts until the next. */
function dayOrTime(text: string, role: "start" | "end"): number {
  if (text.length > 10) return parseDateTime(text) ?? Number.NaN;
  return Date.parse(`${text}T00:00:00Z`) + (role === "end" ? 86_400_000 : 0);
}

const firewall: Rule = ({ constraints }, report) => {
  const rules = constraints?.security?.firewallRules ?? [];
  for (const [index, rule] of rules.entries()) {
    checkFirewallRule(rule, `constraints.security.firewallRules[${index}]`, report);
  }
};

type FirewallRule = NonNullable<NonNullable<ConstraintsSpec["security"]>["firewallRules"]>[number];

function checkFirewallRule({ action, protocol, source }: FirewallRule, at: string, report: Report): void {
  if (action === "Deny") {
    report(
      `${at}.action`,
      "is Deny, which a NetworkPolicy cannot say: what no rule allows is denied; list what is allowed",
    );
  }
  if (!["TCP", "UDP", "SCTP"].includes(protocol.toUpperCase())) {
    report(`${at}.protocol`, `is ${show(protocol)}, expected TCP, UDP or SCTP`);
  }
  if (!CIDR.test(source) && !CIDR6.test(source)) {
    report(
      `${at}.source`,
      `is ${show(source)}, expected a CIDR, such as 10.0.0.0/8 or 0.0.0.0/0 for anywhere`,
    );
  }
}

export const constraintRules: readonly Rule[] = [costs, deadline, window, maintenance, firewall];
