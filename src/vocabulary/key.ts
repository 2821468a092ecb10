import type { ValueType } from "./value-types.ts";

/** One row of the vocabulary. */
export interface Key {
  readonly key: string;
  readonly type: ValueType;
  /** What a reader must know: unit, whose it is, what it is not. */
  readonly meaning: string;
  /** A node without it is published all the same, and the key is reported as missing. */
  readonly required?: true;
  /** Other spellings in use; published beside the canonical key unless switched off, and accepted when reading. */
  readonly aliases?: readonly string[];
  /** The key under `characteristics.gpu` of a FLUIDOS Flavor. */
  readonly fluidos?: string;
}

/** Forms of text and numbers that several keys have. */
export const slug = {
  kind: "text",
  pattern: /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
  says: "lower case letters, digits and hyphens",
} as const;
export const modelName = {
  kind: "text",
  pattern: /^[a-z0-9]+(?:-[a-z0-9.]+)+$/,
  says: "vendor and model in lower case with hyphens, such as nvidia-h100",
} as const;
export const variantName = {
  kind: "text",
  pattern: /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/,
  says: "form factor and memory in lower case, such as sxm5-80gb",
} as const;
export const version = {
  kind: "text",
  pattern: /^[0-9]+(?:\.[0-9]+)*(?:[-+_.a-z0-9]*)$/i,
  says: "a version, such as 550.54.15",
} as const;
export const words = {
  kind: "text",
  pattern: /^[^\p{Cc}]{1,253}$/u,
  says: "1 to 253 printable characters",
} as const;
export const yesNo = { kind: "boolean" } as const;
export const score = { kind: "decimal", min: 0, max: 1, digits: 2 } as const;
export const percent = { kind: "decimal", min: 0, max: 100, digits: 4 } as const;
