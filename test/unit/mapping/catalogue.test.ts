import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { agreed } from "../../../src/mapping/catalogue.ts";
import { mapNode } from "../../../src/mapping/map-node.ts";
import { builtIn, gpu, nodeFacts } from "./tables.ts";

/** `model` or `model/variant` of a product text. */
function found(text: string): string | undefined {
  const match = builtIn().catalogue.find(text);
  const entry = match && agreed(match);
  return entry && (entry.variant === undefined ? entry.model : `${entry.model}/${entry.variant}`);
}

describe("a product text means", () => {
  test.each([
    ["NVIDIA-A100-SXM4-40GB", "nvidia-a100/sxm4-40gb"],
    ["A100-SXM4-40GB", "nvidia-a100/sxm4-40gb"],
    ["NVIDIA-A100-SXM4-80GB", "nvidia-a100/sxm4-80gb"],
    ["NVIDIA-A100-80GB-PCIe", "nvidia-a100/pcie-80gb"],
    ["NVIDIA-A100-PCIE-80GB", "nvidia-a100/pcie-80gb"],
    ["NVIDIA-A100-PCIE-40GB", "nvidia-a100/pcie-40gb"],
    ["nvidia-tesla-a100", "nvidia-a100/sxm4-40gb"],
    ["nvidia-a100-80gb", "nvidia-a100/sxm4-80gb"],
    ["A100", "nvidia-a100"],
    ["NVIDIA-A10", "nvidia-a10/pcie-24gb"],
    ["NVIDIA-A10G", "nvidia-a10g/pcie-24gb"],
    ["GA102GL_A10", "nvidia-a10/pcie-24gb"],
    ["NVIDIA-L40", "nvidia-l40/pcie-48gb"],
    ["NVIDIA-L40S", "nvidia-l40s/pcie-48gb"],
    ["NVIDIA-L4", "nvidia-l4/pcie-24gb"],
    ["NVIDIA-H100-80GB-HBM3", "nvidia-h100/sxm5-80gb"],
    ["NVIDIA-H100-SXM5-80GB", "nvidia-h100/sxm5-80gb"],
    ["nvidia-h100-mega-80gb", "nvidia-h100/sxm5-80gb"],
    ["NVIDIA-H100-PCIe", "nvidia-h100/pcie-80gb"],
    ["NVIDIA-H100-80GB-PCIe", "nvidia-h100/pcie-80gb"],
    ["NVIDIA-H100-NVL", "nvidia-h100/nvl-94gb"],
    ["NVIDIA-H200", "nvidia-h200/sxm5-141gb"],
    ["NVIDIA-H200-NVL", "nvidia-h200/nvl-141gb"],
    ["NVIDIA-GH200-480GB", "nvidia-gh200/c2c-96gb"],
    ["NVIDIA-GeForce-RTX-4070-Ti", "nvidia-rtx-4070-ti/pcie-12gb"],
    ["NVIDIA-GeForce-RTX-4070-Ti-SUPER", "nvidia-rtx-4070-ti-super/pcie-16gb"],
    ["NVIDIA-GeForce-RTX-4070-SUPER", "nvidia-rtx-4070-super/pcie-12gb"],
    ["NVIDIA-GeForce-RTX-4070", "nvidia-rtx-4070/pcie-12gb"],
    ["AD102_GEFORCE_RTX_4090", "nvidia-rtx-4090/pcie-24gb"],
    ["Quadro-RTX-6000", "nvidia-quadro-rtx-6000/pcie-24gb"],
    ["NVIDIA-RTX-6000-Ada-Generation", "nvidia-rtx-6000-ada/pcie-48gb"],
    ["NVIDIA-RTX-A6000", "nvidia-rtx-a6000/pcie-48gb"],
    ["Tesla-T4", "nvidia-t4/pcie-16gb"],
    ["NVIDIA-T4", "nvidia-t4/pcie-16gb"],
    ["Tesla-V100-SXM2-16GB-N", "nvidia-v100/sxm2-16gb"],
    ["AMD_Instinct_MI300X_OAM", "amd-mi300x/oam-192gb"],
    ["AMD_Instinct_MI300X_VF", "amd-mi300x/vf-192gb"],
    ["Instinct_MI210", "amd-mi210/pcie-64gb"],
    ["Max_1550", "intel-max-1550/oam-128gb"],
    ["NVIDIA-GeForce-RTX-4090-Laptop-GPU", undefined],
    ["NVIDIA-GeForce-RTX-3080-Laptop-GPU", undefined],
    ["NVIDIA-Graphics-Device", undefined],
    ["NVIDIA-DGX-Display", undefined],
    ["AMD_Radeon_Graphics", undefined],
    ["FAKE-24G", undefined],
    ["NVIDIA-A1000-Unheard-Of", undefined],
    ["", undefined],
    ["-".repeat(60), undefined],
    [Array.from({ length: 40 }, () => "a100").join("-"), undefined],
  ])("%s: %s", (text, product) => expect(found(text)).toBe(product));
});

describe("what people type", () => {
  const named = (name: string): readonly string[] =>
    (builtIn().catalogue.findModel(name)?.candidates ?? []).map((entry) => entry.variant ?? "");
  test.each([
    ["nvidia-h200", ["sxm5-141gb", "nvl-141gb"]],
    ["H200", ["sxm5-141gb", "nvl-141gb"]],
    ["h200-nvl-141gb", ["nvl-141gb"]],
    ["nvidia-h100-pcie-80gb", ["pcie-80gb"]],
    ["NVIDIA H200", ["sxm5-141gb"]],
    ["NVIDIA-H100-NVL", ["nvl-94gb"]],
    [" Mi300X ", ["oam-192gb", "vf-192gb"]],
    ["no such card", []],
  ])("%s means %j", (name, variants) => expect(named(name)).toEqual(variants));
});

describe("form factors of the H100 differ in what follows from them", () => {
  test.each([
    [
      "NVIDIA-H100-80GB-HBM3",
      {
        variant: "sxm5-80gb",
        "memory-per-gpu": "80Gi",
        "fp32-tflops": "66.9",
        interconnect: "nvlink",
        "interconnect-bandwidth-gbps": "900",
        "cost.fluidos.eu/hourly-rate": "38.24",
      },
    ],
    [
      "NVIDIA-H100-PCIe",
      {
        variant: "pcie-80gb",
        "memory-per-gpu": "80Gi",
        "fp32-tflops": "51.2",
        interconnect: "pcie",
        "interconnect-bandwidth-gbps": "128",
        "cost.fluidos.eu/hourly-rate": "34.32",
      },
    ],
    [
      "NVIDIA-H100-NVL",
      {
        variant: "nvl-94gb",
        "memory-per-gpu": "94Gi",
        "fp32-tflops": "60",
        interconnect: "nvlink",
        "interconnect-bandwidth-gbps": "600",
        "cost.fluidos.eu/hourly-rate": "72.56",
      },
    ],
  ])("%s", (product, expected) => {
    const labels = { "nvidia.com/gpu.product": product, "nvidia.com/gpu.count": "8" };
    expect(gpu(mapNode(builtIn(), nodeFacts({ labels })))).toMatchObject({
      model: "nvidia-h100",
      ...expected,
    });
  });
});

describe("the catalogue", () => {
  const { variants } = builtIn().catalogue;
  test("names each model after its vendor and each variant once", () => {
    const names = variants.map(({ model, variant }) => `${model}/${variant ?? ""}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { vendor, model } of variants) expect(model.startsWith(`${vendor}-`), model).toBe(true);
  });
  test("gives every variant a tier and an architecture", () => {
    expect(variants.filter(({ specs }) => !specs.tier || !specs.architecture)).toEqual([]);
  });
  test("finds every canonical name again", () => {
    for (const { model, variant } of variants)
      expect(
        builtIn().catalogue.findModel(variant === undefined ? model : `${model}-${variant}`)?.model,
      ).toBe(model);
  });
  test("has figures of the order that FP32 throughput, cores and clock allow (two operations per core and cycle)", () => {
    for (const { model, variant, specs } of variants) {
      const { cores, "boost-mhz": mhz, "fp32-tflops": tflops } = specs;
      if (cores === undefined || mhz === undefined || tflops === undefined) continue;
      const peak = (2 * cores * mhz) / 1e6;
      // CDNA and RDNA 3 have matrix or dual-issue paths that double or quadruple it.
      const ratio = tflops / peak;
      expect(
        [1, 2, 4].some((factor) => Math.abs(ratio / factor - 1) < 0.12),
        `${model}/${variant} ${ratio}`,
      ).toBe(true);
    }
  });

  const file = "../shared/data/gpu-products.tsv";
  const listed = existsSync(file) ? test : test.skip;
  listed(
    `knows every product of the collected list${existsSync(file) ? "" : " (absent here, so skipped)"}`,
    () => {
      const rows = readFileSync(file, "utf8").trim().split("\n").slice(1);
      const unknown = rows
        .map((row) => row.split("\t"))
        .filter(([, product = ""]) => !NO_PRODUCTS.has(product))
        .filter(([, product = "", vendor]) => {
          const labels =
            vendor === "amd"
              ? { "amd.com/gpu.product-name": product }
              : vendor === "intel"
                ? { "gpu.intel.com/product": product }
                : { "nvidia.com/gpu.product": product };
          const [group] = mapNode(builtIn(), nodeFacts({ labels })).devices;
          return group?.model === undefined || !group.model.startsWith(`${vendor}-`);
        })
        .map(([, product]) => product);
      expect(unknown).toEqual([]);
    },
  );
});

/** Names of the list that say no product: what drivers call a card they do not know, a board without CUDA, a fault. */
const NO_PRODUCTS: ReadonlySet<string> = new Set([
  "AMD_Radeon_Graphics",
  "NVIDIA-DGX-Display",
  "NVIDIA-Graphics-Device",
  "NVIDIA-A30-MIG-INVALID",
]);
