/** Price lists as rows: one machine that somebody rents out, with its price for an hour. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface PriceRow {
  readonly provider: string;
  /** Absent where the list names none. */
  readonly region?: string;
  /** Absent where the list names none. */
  readonly instanceType?: string;
  /** The GPU as the list calls it. */
  readonly gpu: string;
  readonly gpus: number;
  /** Of the whole machine, for an hour. */
  readonly price: number;
  readonly currency: string;
  readonly interruptible: boolean;
  readonly cpu?: number;
  readonly memoryGi?: number;
}

const FILES = ["azure_gpu_ondemand.csv", "aws_gpu_ondemand.csv", "cloud-gpus.csv"] as const;

/** Reads the price lists of a folder. Throws with what is missing, and where to get it. */
export function readPrices(folder: string): readonly PriceRow[] {
  const missing = FILES.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) {
    throw new Error(
      `no price lists in ${folder}: ${missing.join(", ")} missing; name their folder with --data DIR (bench/README.md says what they are)`,
    );
  }
  const [azure, aws, others] = FILES.map((file) => readCsv(readFileSync(join(folder, file), "utf8")));
  return [
    ...(azure ?? []).flatMap((row) => cloudRow("azure", row, row.price_usd_h)),
    ...(aws ?? []).flatMap((row) => cloudRow("aws", row, row.price)),
    ...(others ?? []).flatMap(otherRows),
  ];
}

type Csv = Readonly<Record<string, string>>;

/** These lists quote nothing. */
function readCsv(text: string): readonly Csv[] {
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const names = head.split(",");
  return lines.map((line) => {
    const fields = line.split(",");
    return Object.fromEntries(names.map((name, at) => [name, fields[at] ?? ""]));
  });
}

/** Rows without a GPU model, slices of a GPU and types that cannot be had any more are left out. */
function cloudRow(provider: string, row: Csv, price: string | undefined): readonly PriceRow[] {
  const { region = "", instance_type: instanceType = "", gpu_model: gpu = "" } = row;
  const gpus = Number(row.gpu_count);
  const amount = Number(price);
  if (gpu === "" || !Number.isInteger(gpus) || gpus < 1 || !(amount > 0)) return [];
  if (instanceType.endsWith("_Promo")) return [];
  const currency = region.startsWith("cn-") ? "CNY" : "USD";
  return [{ provider, region, instanceType, gpu, gpus, price: amount, currency, interruptible: false }];
}

/** Named as outliers by the collection, far below everybody else. */
const OUTLIERS = new Set(["Dataoorts"]);
/** These two have lists of their own; here only their spot prices are read. */
const LISTED = new Set(["AWS", "Azure"]);

function otherRows(row: Csv): readonly PriceRow[] {
  const { Cloud: cloud = "", "GPU Type": gpu = "" } = row;
  const gpus = Number(row.GPUs);
  if (OUTLIERS.has(cloud) || !Number.isInteger(gpus) || gpus < 1) return [];
  const shape = {
    provider: cloud.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
    gpu,
    gpus,
    currency: "USD",
    ...(Number(row.vCPUs) > 0 && { cpu: Number(row.vCPUs) }),
    ...(Number(row.RAM) > 0 && { memoryGi: Number(row.RAM) }),
  };
  const [price, spot] = [Number(row["On-demand"]), Number(row.Spot)];
  return [
    ...(price > 0 && !LISTED.has(cloud) ? [{ ...shape, price, interruptible: false }] : []),
    ...(spot > 0 ? [{ ...shape, price: spot, interruptible: true }] : []),
  ];
}
