import { Command, Option } from "commander";
import type { CatalogueVariant } from "../mapping/catalogue.ts";
import type { MappingTables } from "../mapping/tables.ts";
import { EXIT_CODES, UserError } from "./exit.ts";
import { print, table, toYaml } from "./output.ts";

type Output = "table" | "json" | "yaml" | "name";

/** `flare mappings`: look into the tables, check a site's. */
export function mappingsCommand(): Command {
  const mappings = new Command("mappings")
    .summary("check mapping tables, look up GPU models")
    .description(
      "Mapping tables hold all that FLARE knows of vendors, products, prices and places. docs/mappings.md describes their language.",
    );
  mappings
    .command("check")
    .summary("check site tables together with the built-in ones")
    .argument("[path...]", "table files, or folders of them")
    .addHelpText(
      "after",
      "\nExamples:\n  flare mappings check site.yaml\n  flare mappings check manifests/site-tables/\n\nExit codes: 0 good; 1 faults, each told with file, line and column; 2 unreadable.\n",
    )
    .action(check);
  mappings
    .command("show")
    .summary("show what the catalogue knows of a model")
    .argument(
      "[model]",
      "a model or any name of one: nvidia-h100, h100, NVIDIA-H100-NVL, mi300x (default: all models)",
    )
    .addOption(
      new Option("-o, --output <form>", "what to print")
        .choices(["table", "json", "yaml", "name"])
        .default("table"),
    )
    .option(
      "--mappings <path>",
      "a site table, or a folder of them (repeatable)",
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .addHelpText(
      "after",
      "\nExamples:\n  flare mappings show h100\n  flare mappings show NVIDIA-A100-SXM4-80GB --output yaml\n\nExit codes: 0 found; 3 no such model, with the nearest names.\n",
    )
    .action(show);
  return mappings;
}

async function load(paths: readonly string[]): Promise<MappingTables> {
  const { siteTables, tablesWith } = await import("./built-in-tables.ts");
  const compiled = await tablesWith(await siteTables(paths));
  if (!compiled.ok) throw new UserError(compiled.problems.join("\n"), EXIT_CODES.failed);
  return compiled.tables;
}

async function check(paths: readonly string[]): Promise<void> {
  const tables = await load(paths);
  const { variants } = tables.catalogue;
  print(
    `good: ${tables.devices.length} device rules, ${tables.values.length} keys with rules, ${variants.length} GPU variants of ${new Set(variants.map(({ model }) => model)).size} models, ${tables.lookups.size} lookups; version ${tables.version}`,
  );
}

async function show(
  name: string | undefined,
  flags: { output: Output; mappings: readonly string[] },
): Promise<void> {
  const { catalogue } = await load(flags.mappings);
  const found = name === undefined ? catalogue.variants : catalogue.findModel(name)?.candidates;
  if (!found)
    throw new UserError(
      unknownModel(name ?? "", await nearest(name ?? "", catalogue.variants)),
      EXIT_CODES.notFound,
    );
  const objects = found.map(({ model, variant, vendor, specs, at }) => ({
    model,
    ...(variant ? { variant } : {}),
    vendor,
    ...specs,
    source: at,
  }));
  if (flags.output === "json") print(JSON.stringify(objects, null, 2));
  else if (flags.output === "yaml") print(await toYaml(objects));
  else if (flags.output === "name")
    for (const model of new Set(found.map((entry) => entry.model))) print(model);
  else
    print(
      table([
        ["MODEL", "VARIANT", "TIER", "ARCHITECTURE", "MEMORY", "CORES", "FP32", "LINK", "TDP", "FROM"],
        ...found.map(rowOf),
      ]),
    );
}

function rowOf({ model, variant, specs, at }: CatalogueVariant): readonly string[] {
  const figure = (value: number | string | undefined, unit = ""): string =>
    value === undefined ? "-" : `${value}${unit}`;
  return [
    model,
    figure(variant),
    figure(specs.tier),
    figure(specs.architecture),
    figure(specs["memory-gi"], "Gi"),
    figure(specs.cores),
    figure(specs["fp32-tflops"], " TF"),
    specs.interconnect === "pcie"
      ? `pcie ${figure(specs["pcie-gbs"])}`
      : `${figure(specs.interconnect)} ${figure(specs["link-gbs"])}`,
    figure(specs["tdp-watts"], " W"),
    at,
  ];
}

async function nearest(name: string, variants: readonly CatalogueVariant[]): Promise<readonly string[]> {
  const { distance } = await import("../vocabulary/nearest.ts");
  const wanted = name.toLowerCase();
  const far = (model: string): number =>
    Math.min(distance(wanted, model), distance(wanted, model.replace(/^[a-z]+-/, "")));
  return [...new Set(variants.map(({ model }) => model))]
    .sort((left, right) => far(left) - far(right))
    .slice(0, 5);
}

const unknownModel = (name: string, near: readonly string[]): string =>
  `the catalogue knows no ${JSON.stringify(name)}; nearest: ${near.join(", ")}`;
