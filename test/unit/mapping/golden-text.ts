import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { DeviceGroup, MappingResult } from "../../../src/mapping/result.ts";

/** Keys that change with every edit of the tables; golden files would only repeat them. */
const VOLATILE: ReadonlySet<string> = new Set(["agent.fluidos.eu/mappings", "gpu.fluidos.eu/devices"]);

/** A result as a few lines that a person can review: groups, values by domain, problems. */
export function goldenText(title: string, { devices, annotations, problems }: MappingResult): string {
  const byDomain = new Map<string, string[]>();
  for (const [key, value] of Object.entries(annotations)) {
    const [domain = "", name = ""] = key.split("/");
    if (VOLATILE.has(key)) continue;
    const short = domain.replace(".fluidos.eu", "");
    byDomain.set(short, [...(byDomain.get(short) ?? []), `${name}=${shortened(value)}`]);
  }
  return [
    `# ${title}`,
    ...devices.map((group) => `  device    ${deviceText(group)}`),
    ...[...byDomain].map(([domain, values]) => `  ${domain.padEnd(9)} ${values.join(" ")}`),
    ...problems.map(({ severity, code, subject }) => `  problem   ${severity} ${code} ${subject}`),
    "",
  ].join("\n");
}

/** The domains of keys within a value (`agent.fluidos.eu/inferred`) say nothing to a reviewer. */
const shortened = (value: string): string => value.replaceAll(".fluidos.eu/", "/");

const deviceText = ({
  resource,
  model,
  variant,
  profile,
  count,
  replicas,
  memoryGi,
  sharing,
}: DeviceGroup): string =>
  [
    `${count} x ${resource}`,
    model ?? "unknown",
    variant ?? "-",
    ...(profile === undefined ? [] : [`profile ${profile}`]),
    memoryGi === undefined ? "?Gi" : `${memoryGi}Gi`,
    sharing,
    ...(replicas === 1 ? [] : [`${replicas} pods each`]),
  ].join(" ");

/** The golden file's text; with UPDATE_GOLDEN=1 it is written first. Review what changed before it is committed. */
export function golden(name: string, actual: string): string {
  const file = `test/unit/mapping/golden/${name}.txt`;
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, actual);
  if (!existsSync(file)) throw new Error(`${file} is missing; UPDATE_GOLDEN=1 npm run test:unit writes it`);
  return readFileSync(file, "utf8");
}
