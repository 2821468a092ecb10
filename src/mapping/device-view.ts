import type { ResolvedGroup } from "./resolve.ts";
import type { DeviceGroup } from "./result.ts";
import type { ScoresSection, Specs } from "./schema.ts";
import type { DeviceView, FieldOrigin, Scalar } from "./scope.ts";
import { scoresOf } from "./scores.ts";

/** Fields whose values the catalogue gives, whatever the node says. */
const FROM_CATALOGUE = [
  "tier",
  "cores",
  "fp32-tflops",
  "clock-hz",
  "tdp-watts",
  "interconnect",
  "link-gbs",
  "topology",
  "gfx",
  "sliceable",
];

/** Names that `device:` may read in value rules. */
export const DEVICE_FIELDS: readonly string[] = [
  "vendor",
  "resource",
  "model",
  "variant",
  "profile",
  "count",
  "replicas",
  "physical",
  "sharing",
  "memory-gi",
  "architecture",
  "compute-capability",
  "dedicated",
  "sharing-capable",
  "mig-capable",
  ...FROM_CATALOGUE,
];

/** The entry of `gpu.fluidos.eu/devices`. */
export function entryOf({ found, model, variant, profile, memoryGi }: ResolvedGroup): DeviceGroup {
  return {
    resource: found.resource,
    vendor: found.vendor,
    ...(model === undefined ? {} : { model }),
    ...(variant === undefined ? {} : { variant }),
    ...(profile === undefined ? {} : { profile }),
    count: found.count,
    ...(memoryGi === undefined ? {} : { memoryGi }),
    sharing: found.sharing,
    replicas: found.replicas,
  };
}

/** What value rules read of a group, with the marks that tell node facts from catalogue figures. */
export function viewOf(group: ResolvedGroup, scores: ScoresSection | undefined): DeviceView {
  const { found, specs } = group;
  const named = Object.entries(scoresOf(scores, linked(specs, found.count))).map(
    ([name, score]) => [`${name}-score`, score] as const,
  );
  const sliceable = specs.slices === undefined ? undefined : true;
  const fields: Record<string, Scalar | undefined> = {
    vendor: found.vendor,
    resource: found.resource,
    model: group.model,
    variant: group.variant,
    profile: group.profile,
    count: found.count,
    replicas: found.replicas,
    physical: group.physical,
    sharing: found.sharing,
    "memory-gi": group.memoryGi,
    architecture: specs.architecture,
    "compute-capability": specs["compute-capability"],
    gfx: specs.gfx,
    tier: specs.tier,
    cores: specs.cores,
    "fp32-tflops": specs["fp32-tflops"],
    "clock-hz": specs["boost-mhz"] === undefined ? undefined : specs["boost-mhz"] * 1e6,
    "tdp-watts": specs["tdp-watts"],
    ...linkOf(specs, found.count),
    sliceable,
    dedicated: isWhole(group),
    "sharing-capable": found.fields["sharing-capable"] ?? (found.sharing !== "none" || (sliceable ?? false)),
    "mig-capable": found.fields["mig-capable"],
    ...Object.fromEntries(named),
  };
  return {
    fields,
    inferred: marksOf(group, named),
    ...(found.origins ? { origins: originsOf(group, fields, found.origins) } : {}),
  };
}

/** A whole GPU that nothing is shared of. */
export const isWhole = ({ found, profile, share }: ResolvedGroup): boolean =>
  found.sharing === "none" && (profile === undefined || share === 1);

/** The link counts from so many GPUs on; below, the GPUs talk over PCIe. */
function linked(specs: Specs, count: number): Specs {
  if (specs.interconnect === undefined || count >= (specs["link-from"] ?? 1)) return specs;
  return { ...specs, interconnect: "pcie" };
}

function linkOf(specs: Specs, count: number): Record<string, Scalar | undefined> {
  const { interconnect } = linked(specs, count);
  if (interconnect === undefined) return {};
  if (interconnect === "pcie") return { interconnect, "link-gbs": specs["pcie-gbs"] };
  const steps = Object.keys(specs.topology ?? {})
    .map(Number)
    .filter((least) => least <= count);
  const topology = steps.length > 0 ? specs.topology?.[String(Math.max(...steps))] : undefined;
  return { interconnect, "link-gbs": specs["link-gbs"], topology };
}

function marksOf(group: ResolvedGroup, scores: readonly (readonly [string, number])[]): ReadonlySet<string> {
  const { found, specs } = group;
  const marks = new Set([...FROM_CATALOGUE, ...scores.map(([name]) => name)]);
  const mark = (field: string, when: boolean): void => {
    if (when) marks.add(field);
  };
  mark("count", found.inferred.has("count"));
  mark("sharing", found.inferred.has("sharing"));
  const unsure = found.inferred.has("product") || found.inferred.has("pci-id");
  mark("model", unsure);
  mark("variant", unsure);
  mark("memory-gi", group.memoryInferred);
  mark("compute-capability", found.fields["compute-capability"] === undefined);
  mark("architecture", found.fields.architecture !== specs.architecture);
  mark("mig-capable", found.inferred.has("mig-capable"));
  return marks;
}

/** Which field of the rules each field of the view rests on. */
const RESTS_ON: Readonly<Record<string, string>> = {
  variant: "product",
  model: "product",
  dedicated: "sharing",
};

function originsOf(
  group: ResolvedGroup,
  fields: Readonly<Record<string, Scalar | undefined>>,
  origins: Readonly<Record<string, FieldOrigin>>,
): Record<string, FieldOrigin> {
  const { found, at } = group;
  const product = origins["pci-id"] ?? origins.product;
  const catalogue =
    at === undefined ? [] : [`catalogue ${group.model}${group.variant ? `/${group.variant}` : ""} (${at})`];
  const result: Record<string, FieldOrigin> = {};
  for (const field of Object.keys(fields)) {
    const own =
      origins[field] ?? (RESTS_ON[field] === "product" ? undefined : origins[RESTS_ON[field] ?? ""]);
    result[field] = own ?? {
      rule: found.rule,
      at: found.at,
      inferred: false,
      facts:
        field === "vendor" || field === "resource"
          ? [`rule ${found.rule}`]
          : [...(product?.facts ?? []), ...catalogue],
    };
  }
  return result;
}
