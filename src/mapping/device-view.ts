import type { ResolvedGroup } from "./resolve.ts";
import type { DeviceGroup } from "./result.ts";
import type { ScoresSection, Specs } from "./schema.ts";
import type { DeviceFields, DeviceView, FieldOrigin } from "./scope.ts";
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
export function entryOf({ found, model, variant, profile, memoryGi, specs }: ResolvedGroup): DeviceGroup {
  const { resource, vendor, count, sharing, replicas } = found;
  const entry: Partial<{ -readonly [K in keyof DeviceGroup]: DeviceGroup[K] }> = { resource, vendor };
  if (model !== undefined) entry.model = model;
  if (variant !== undefined) entry.variant = variant;
  if (profile !== undefined) entry.profile = profile;
  entry.count = count;
  if (memoryGi !== undefined) entry.memoryGi = memoryGi;
  entry.sharing = sharing;
  entry.replicas = replicas;
  const card: { tier?: string; architecture?: string; interconnect?: string } = {};
  if (specs.tier !== undefined) card.tier = specs.tier;
  if (specs.architecture !== undefined) card.architecture = specs.architecture;
  const { interconnect } = linkOf(specs, count);
  if (interconnect !== undefined) card.interconnect = interconnect;
  entry.card = card;
  return entry as DeviceGroup;
}

/** What value rules read of a group, with the marks that tell node facts from catalogue figures. */
export function viewOf(group: ResolvedGroup, scores: ScoresSection | undefined): DeviceView {
  const { found, specs } = group;
  const link = linkOf(specs, found.count);
  const clock = specs["boost-mhz"];
  const sliceable = specs.slices === undefined ? undefined : true;
  // One literal of a fixed shape: these objects are made for every node and read for every key.
  const fields: DeviceFields = {
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
    "clock-hz": clock === undefined ? undefined : clock * 1e6,
    "tdp-watts": specs["tdp-watts"],
    interconnect: link.interconnect,
    "link-gbs": link.gbs,
    topology: link.topology,
    sliceable,
    dedicated: isWhole(group),
    "sharing-capable": found.fields["sharing-capable"] ?? (found.sharing !== "none" || sliceable === true),
    "mig-capable": found.fields["mig-capable"],
  };
  return {
    fields,
    scores: scoresOf(scores, specs, link),
    isInferred: (field) => inferredField(group, field),
    ...(found.origins ? { origins: originsOf(group, Object.keys(fields), found.origins) } : {}),
  };
}

/** A whole GPU that nothing is shared of. */
export const isWhole = ({ found, share }: ResolvedGroup): boolean => found.sharing === "none" && share === 1;

interface Link {
  readonly interconnect: string | undefined;
  readonly gbs: number | undefined;
  readonly topology: string | undefined;
}

/** The link counts from so many GPUs on; below, the GPUs talk over PCIe. */
function linkOf(specs: Specs, count: number): Link {
  const { interconnect } = specs;
  if (interconnect === undefined) return NO_LINK;
  if (interconnect === "pcie" || count < (specs["link-from"] ?? 1)) {
    return { interconnect: "pcie", gbs: specs["pcie-gbs"], topology: undefined };
  }
  return { interconnect, gbs: specs["link-gbs"], topology: topologyOf(specs, count) };
}
const NO_LINK: Link = { interconnect: undefined, gbs: undefined, topology: undefined };

/** The entry with the largest number of GPUs that is not above the node's. */
function topologyOf({ topology }: Specs, count: number): string | undefined {
  let best = 0;
  for (const least in topology) if (Number(least) <= count && Number(least) > best) best = Number(least);
  return topology?.[String(best)];
}

const CATALOGUE_FIELDS: ReadonlySet<string> = new Set(FROM_CATALOGUE);

/** Whether a field comes from the catalogue or a default and not from the node. */
function inferredField({ found, specs, memoryInferred }: ResolvedGroup, field: string): boolean {
  if (CATALOGUE_FIELDS.has(field)) return true;
  switch (field) {
    case "model":
    case "variant":
      return found.inferred.has("product") || found.inferred.has("pci-id");
    case "memory-gi":
      return memoryInferred;
    case "compute-capability":
      return found.fields["compute-capability"] === undefined;
    case "architecture":
      return found.fields.architecture !== specs.architecture;
    case "sharing-capable":
      // An ability that only the catalogue knows of; a device that is shared now shows it.
      return found.fields["sharing-capable"] === undefined && found.sharing === "none";
    case "dedicated":
      return found.inferred.has("sharing");
    default:
      return found.inferred.has(field);
  }
}

/** Which field of the rules each field of the view rests on. */
const RESTS_ON: Readonly<Record<string, string>> = {
  variant: "product",
  model: "product",
  dedicated: "sharing",
};

function originsOf(
  group: ResolvedGroup,
  fields: readonly string[],
  origins: Readonly<Record<string, FieldOrigin>>,
): Record<string, FieldOrigin> {
  const { found, at } = group;
  const product = origins["pci-id"] ?? origins.product;
  const catalogue =
    at === undefined ? [] : [`catalogue ${group.model}${group.variant ? `/${group.variant}` : ""} (${at})`];
  const result: Record<string, FieldOrigin> = {};
  for (const field of fields) {
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
