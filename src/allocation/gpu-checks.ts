import { asked, atLeast, atMost, equals, type OfferCheck, rule } from "./check.ts";
import type { GpuRequirement, Requirement } from "./requirement.ts";
import type { Offer } from "./types.ts";
import { versionAtLeast } from "./versions.ts";

/** The conditions on the GPU itself. */
export function gpuChecks({ gpu }: Requirement): OfferCheck[] {
  return asked(
    equals("gpu-model", gpu.model, (offer) => offer.gpu.model),
    modelsCheck(gpu.models),
    equals("gpu-variant", gpu.variant, (offer) => offer.gpu.variant),
    equals("gpu-vendor", gpu.vendor === "any" ? undefined : gpu.vendor, (offer) => offer.gpu.vendor),
    sharingCheck(gpu),
    atLeast("gpu-count", gpu.count, (offer) => offer.total),
    atLeast("gpu-memory", gpu.memoryGiMin, (offer) => offer.gpu.memoryGi),
    atMost("gpu-memory-max", gpu.memoryGiMax, (offer) => offer.gpu.memoryGi),
    atLeast("gpu-cores", gpu.coresMin, (offer) => offer.gpu.cores),
    atMost("gpu-cores-max", gpu.coresMax, (offer) => offer.gpu.cores),
    atLeast("gpu-clock", gpu.clockHzMin, (offer) => offer.gpu.clockHz),
    computeCapabilityCheck(gpu.computeCapabilityMin),
    atLeast("fp32-tflops", gpu.fp32TflopsMin, (offer) => offer.gpu.fp32Tflops),
    atLeast("multi-gpu-efficiency", gpu.multiGpuEfficiencyMin, (offer) => offer.gpu.multiGpuEfficiency),
    equals("architecture", gpu.architecture, (offer) => offer.gpu.architecture),
    equals("tier", gpu.tier, (offer) => offer.gpu.tier),
    interconnectCheck(gpu.interconnect),
    equals("topology", gpu.topology, (offer) => offer.gpu.topology),
    interruptibleCheck(gpu),
  );
}

function modelsCheck(models: GpuRequirement["models"]): OfferCheck | undefined {
  return rule(
    "gpu-model",
    models,
    (offer) => offer.gpu.model,
    ({ gpu }) => gpu.model !== undefined && models?.includes(gpu.model) === true,
  );
}

function computeCapabilityCheck(needs: string | undefined): OfferCheck | undefined {
  const has = (offer: Offer): string | undefined => offer.gpu.computeCapability;
  return rule("compute-capability", needs, has, (offer) => versionAtLeast(has(offer), needs ?? "0"));
}

/** A link of the vendor's own is better than PCIe; among each other they are different things. */
function interconnectCheck(needs: GpuRequirement["interconnect"]): OfferCheck | undefined {
  const has = (offer: Offer): string | undefined => offer.gpu.interconnect;
  return rule("interconnect", needs, has, (offer) =>
    needs === "pcie" ? has(offer) !== undefined : has(offer) === needs,
  );
}

/** Which forms of a GPU will do: a slice only, a whole one only, or any. `dedicated` overrules `shared`. */
function sharingCheck(gpu: GpuRequirement): OfferCheck | undefined {
  const has = (offer: Offer): string => offer.gpu.sharing;
  if (gpu.milli !== undefined)
    return rule("gpu-sharing", "share", has, (offer) => offer.devices !== undefined);
  if (gpu.multiInstance) return rule("gpu-sharing", "mig", has, (offer) => offer.gpu.sharing === "mig");
  if (gpu.shared && !gpu.dedicated) return undefined;
  return rule("gpu-sharing", "none", has, (offer) => offer.gpu.sharing === "none");
}

function interruptibleCheck(gpu: GpuRequirement): OfferCheck | undefined {
  if (gpu.interruptible) return undefined;
  return rule(
    "interruptible",
    false,
    (offer) => offer.interruptible,
    (offer) => !offer.interruptible,
  );
}
