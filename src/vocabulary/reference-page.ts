import { KEYS, type Key } from "./keys.ts";
import type { ValueType } from "./value-types.ts";

/** The reference page docs/annotations.md, generated from the table. */
export function referencePage(): string {
  const rows: readonly Key[] = KEYS;
  return [
    "# Annotations",
    "",
    "<!-- Generated from src/vocabulary/keys.ts by `npm run docs`; do not edit. -->",
    "",
    "What `flare agent` writes on a GPU Node and every reader finds there. A `*` marks keys that the FLARE reference requires:",
    "a node without one of them is published all the same, and the key is reported. Aliases are published beside the canonical",
    "key unless `--no-aliases`, and are accepted when reading. FLUIDOS reads the canonical spellings; the third column is the key",
    "under `characteristics.gpu` of its Flavor.",
    "",
    "| key | value | FLUIDOS key | meaning | aliases |",
    "|---|---|---|---|---|",
    ...rows.map(
      (row) =>
        `| \`${row.key}\`${row.required ? " *" : ""} | ${describe(row.type)} | ${row.fluidos ?? ""} | ${row.meaning} | ${(row.aliases ?? []).map((alias) => `\`${alias}\``).join(", ")} |`,
    ),
    "",
    'Label (not an annotation): `node.fluidos.eu/gpu: "true"` on every published node, for selection; with `--fluidos-label` also',
    '`node-role.fluidos.eu/resources: "true"`, which FLUIDOS itself selects on.',
    "",
    "## `gpu.fluidos.eu/devices`",
    "",
    "One entry per group of equal allocatable devices: `resource` (the Kubernetes resource name, or the DRA driver), `model`,",
    "`variant`, `profile` (the slice of a GPU that one device is: `1g.10gb`, `cpx_nps4`, `vgpu-4q`; absent for whole GPUs), `count`,",
    "`memoryGi` of one device, `sharing`, `replicas` (pods that share one device). Allocatable is `count` x `replicas`. This is how",
    "MIG mixed, partitions and several models on one node are told; the core keys describe the group with the most memory in all.",
    "",
  ].join("\n");
}

function describe(type: ValueType): string {
  switch (type.kind) {
    case "enum":
      return type.values.map((value) => `\`${value}\``).join(" ");
    case "text":
      return type.says;
    case "integer":
      return `integer, ${type.min} to ${type.max}`;
    case "decimal":
      return `decimal, ${type.min} to ${type.max}`;
    case "boolean":
      return "`true` `false`";
    case "gibibytes":
      return "quantity in whole `Gi`";
    case "hertz":
      return "quantity in Hz";
    case "list":
      return "comma-separated list";
    case "devices":
      return "JSON array, see below";
  }
}
