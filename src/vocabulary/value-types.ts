/** What a value of the vocabulary may be. Every annotation value is text; this says which text, and its unit. */
export type ValueType =
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "text"; readonly pattern: RegExp; readonly says: string }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "decimal"; readonly min: number; readonly max: number; readonly digits: number }
  | { readonly kind: "boolean" }
  /** Memory as a quantity in whole `Gi`; parsed to a number of GiB. */
  | { readonly kind: "gibibytes"; readonly max: number }
  /** A frequency as a quantity in Hz, such as `1.98G`; parsed to a number of Hz. */
  | { readonly kind: "hertz"; readonly max: number }
  /** Comma-separated words. */
  | { readonly kind: "list" }
  /** The JSON array of `gpu.fluidos.eu/devices`. */
  | { readonly kind: "devices" };

/** One entry of `gpu.fluidos.eu/devices`: a group of equal allocatable devices. */
export interface DeviceEntry {
  /** Kubernetes resource name, or the DRA driver's name. */
  readonly resource: string;
  readonly model?: string;
  readonly variant?: string;
  /** The slice of a GPU that one device is (`1g.10gb`, `cpx_nps4`); absent for whole GPUs. */
  readonly profile?: string;
  readonly count: number;
  readonly memoryGi?: number;
  readonly sharing: string;
  /** How many pods share one device: allocatable = count x replicas. */
  readonly replicas: number;
}

/** The parsed form of a value type. */
export type ValueOf<T extends ValueType> = T extends { kind: "enum"; values: readonly (infer V)[] }
  ? V
  : T extends { kind: "text" }
    ? string
    : T extends { kind: "boolean" }
      ? boolean
      : T extends { kind: "list" }
        ? readonly string[]
        : T extends { kind: "devices" }
          ? readonly DeviceEntry[]
          : number;

/** Any parsed value. */
export type Value = string | number | boolean | readonly string[] | readonly DeviceEntry[];
