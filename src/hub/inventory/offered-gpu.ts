import type { OfferedGpu } from "../../allocation/types.ts";
import type { Values } from "../../vocabulary/annotations.ts";
import type { OfferedGroup } from "./device-groups.ts";
import { given } from "./given.ts";

/**
 * What one unit of a group is. The node's core keys describe one group; of the others only their own entry is known, and
 * what goes by the model where they have the same.
 */
export function offeredGpu(values: Values, group: OfferedGroup): OfferedGpu {
  const sameModel =
    group.isCore || (group.model !== undefined && group.model === values["gpu.fluidos.eu/model"]);
  const { resource, model, variant, profile, sharing, replicas } = group;
  return given({
    vendor: sameModel ? (values["gpu.fluidos.eu/vendor"] ?? vendorIn(group)) : vendorIn(group),
    model,
    variant,
    profile,
    memoryGi: memoryOf(group),
    ...(sameModel ? ofModel(values) : {}),
    ...(group.isCore ? ofUnit(values) : {}),
    sharing: resource.endsWith(".shared") && sharing === "none" ? "time-slicing" : sharing,
    replicas,
    scores: group.isCore ? scoresOf(values) : {},
  }) as OfferedGpu;
}

/** `nvidia-h100` is NVIDIA's; an unknown model's maker shows in the resource name: `nvidia.com/gpu`. */
const vendorIn = ({ model, resource }: OfferedGroup): string =>
  model?.split("-", 1)[0] ?? /(?:^|\.)([a-z0-9-]+)\.[a-z]+\//.exec(resource)?.[1] ?? "custom";

/** MPS cuts the memory into equal parts; who shares by time sees all of it. */
const memoryOf = ({ memoryGi, sharing, replicas }: OfferedGroup): number | undefined =>
  memoryGi !== undefined && sharing === "mps" ? memoryGi / replicas : memoryGi;

const ofModel = (values: Values) => ({
  architecture: values["gpu.fluidos.eu/architecture"],
  tier: values["gpu.fluidos.eu/tier"],
  clockHz: values["gpu.fluidos.eu/clock-speed"],
  computeCapability: values["gpu.fluidos.eu/compute-capability"],
});

const ofUnit = (values: Values) => ({
  cores: values["gpu.fluidos.eu/cores"],
  fp32Tflops: values["gpu.fluidos.eu/fp32-tflops"],
  interconnect: values["gpu.fluidos.eu/interconnect"],
  interconnectGBps: values["gpu.fluidos.eu/interconnect-bandwidth-gbps"],
  topology: values["gpu.fluidos.eu/topology"],
  multiGpuEfficiency: values["gpu.fluidos.eu/multi-gpu-efficiency"],
});

function scoresOf(values: Values): OfferedGpu["scores"] {
  return given({
    training: values["workload.fluidos.eu/training-score"],
    inference: values["workload.fluidos.eu/inference-score"],
    hpc: values["workload.fluidos.eu/hpc-score"],
    graphics: values["workload.fluidos.eu/graphics-score"],
  });
}
