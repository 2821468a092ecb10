import * as z from "zod";
import { choice, decimal, flag, gpuSize, hertz, looseChoice, text, whole, words } from "./fields.ts";

const ANY = { any: true } as const;

/** What is asked of the GPUs of one replica or task. Absent means no condition. */
export const gpuSchema = z
  .strictObject({
    model: words(63, ANY)
      .describe(
        "Model, nvidia-a100, or with its variant, nvidia-a100-sxm4-80gb. Any or absent: no condition.",
      )
      .optional(),
    vendor: looseChoice(["NVIDIA", "AMD", "Intel", "Any"], { restValues: { NVIDIA: "nvidia", AMD: "amd" } })
      .describe(
        "Maker of the GPUs, for which the image is built. Absent: no condition at first, but what has run stays with the maker that it ran on; Any: not even that.",
      )
      .optional(),
    count: whole(1, 1024)
      .describe("GPUs of each replica or task, all on one node: at least so many, never exactly.")
      .default(1),
    memoryMin: gpuSize({ aliases: ["memory"] })
      .describe("Least memory of one GPU, such as 70Gi.")
      .optional(),
    memoryMax: gpuSize().describe("Most memory of one GPU.").optional(),
    coresMin: whole(0, 10_000_000, { aliases: ["cores"] })
      .describe("Least CUDA cores or stream processors of one GPU.")
      .optional(),
    coresMax: whole(0, 10_000_000).describe("Most CUDA cores or stream processors of one GPU.").optional(),
    clockSpeedMin: hertz({ aliases: ["clockSpeed"] })
      .describe("Least boost clock as a quantity in Hz, such as 1.5G.")
      .optional(),
    computeCapability: text("version", { ...ANY, structural: { type: "string", maxLength: 16 } })
      .describe("Least CUDA compute capability, such as 8.0.")
      .optional(),
    architecture: text("slug", { ...ANY, structural: { type: "string", maxLength: 63 } })
      .describe("Architecture, such as hopper or ada-lovelace. Any or absent: no condition.")
      .optional(),
    tier: looseChoice(["Premium", "Standard", "Gaming", "Inference", "Budget"], ANY)
      .describe("Class of the card: Premium, Standard, Gaming, Inference or Budget.")
      .optional(),
    interconnect: looseChoice(["Pcie", "XeLink", "InfinityFabric", "NvLink"], {
      ...ANY,
      restValues: { NvLink: "nvlink" },
      instead: {
        nvswitch: "a switch is a topology: ask for nvlink here and for nvswitch as the topology",
        infiniband: "it is no link between the GPUs of a node; ask for network bandwidth in the constraints",
      },
    })
      .describe(
        "Link between the GPUs of a node: NvLink, InfinityFabric, XeLink or Pcie. A better one will do.",
      )
      .optional(),
    topology: choice(["AllToAll", "NvSwitch", "Ring", "Mesh"], {
      ...ANY,
      restValues: { NvSwitch: "nvswitch" },
      structural: { enum: ["AllToAll", "NvSwitch", "Ring", "Mesh", "Any"] },
    })
      .describe("How the GPUs of a node are wired to each other.")
      .optional(),
    fp32TFlops: decimal(0, 100_000, { rest: "fp32_tflops" })
      .describe("Least FP32 TFLOPS of one GPU.")
      .optional(),
    multiGPUEfficiency: decimal(0, 1)
      .describe("Least share of perfect scaling that several GPUs of the node reach together, 0 to 1.")
      .optional(),
    shared: flag().describe("True: a share of a GPU will do. Otherwise whole GPUs.").optional(),
    multiInstance: flag().describe("True: a hardware slice (MIG) at least as large as memoryMin.").optional(),
    dedicated: flag().describe("True: no other workload of anybody on the same GPUs or node.").optional(),
    interruptible: flag().describe("True: spot nodes are allowed too. Otherwise never.").optional(),
  })
  .describe("GPUs of each replica or task.");
