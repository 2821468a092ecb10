import { Command, Option } from "commander";
import { EXIT_CODES, UserError } from "./exit.ts";
import { type HubCluster, type HubFlags, hubClusterFlags, onHubCluster } from "./hub-cluster.ts";
import { print, toYaml } from "./output.ts";
import { type GpuRow, gpuTable, readPoolGpus } from "./pool-gpus.ts";

const HELP = `
Examples:
  flare gpus                                  what there is, what is free, what an hour of one GPU costs
  flare gpus --model h100 --available
  flare gpus --in EU --output json

Read from the Flavors that the hub publishes. Exit codes: 0 done; 1 the API refused; 2 wrong flags; 3 no Flavors here.
`;

interface GpusFlags extends HubFlags {
  readonly model?: string;
  readonly provider?: string;
  readonly available?: boolean;
  readonly flavorsNamespace: string;
  readonly output: "table" | "json" | "yaml";
}

/** `flare gpus`: the pool. */
export function gpusCommand(): Command {
  const command = new Command("gpus")
    .summary("list the GPUs of the pool, what is free and what it costs")
    .description(
      "Lists the GPUs of all providers: how many there are, how many are free, what one costs an hour.",
    )
    .option("--model <part>", "only models whose name holds this, such as h100")
    .option("--provider <name>", "only of this provider")
    .option("--available", "only where something is free")
    .addOption(
      new Option("--flavors-namespace <name>", "where the hub publishes its Flavors")
        .env("FLARE_FLAVORS_NAMESPACE")
        .default("fluidos"),
    )
    .addOption(
      new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action((flags: GpusFlags) => onHubCluster(flags, (cluster) => list(flags, cluster)));
  for (const flag of hubClusterFlags()) if (flag.attributeName() !== "namespace") command.addOption(flag);
  return command;
}

async function list(flags: GpusFlags, { client }: HubCluster): Promise<void> {
  const pool = await readPoolGpus(client, flags.flavorsNamespace);
  if (pool === undefined) {
    const message =
      "this cluster has no Flavors: is it the hub's, and were manifests/crds applied? Or choose another --context";
    throw new UserError(message, EXIT_CODES.notFound);
  }
  const rows = pool.filter((row) => isAskedFor(row, flags));
  if (flags.output === "json") return print(JSON.stringify(rows, null, 2));
  if (flags.output === "yaml") return print(await toYaml(rows));
  if (rows.length === 0) process.stderr.write("no GPUs\n");
  else print(gpuTable(rows));
}

const isAskedFor = (row: GpuRow, { model, provider, available }: GpusFlags): boolean =>
  (model === undefined || row.model.includes(model.toLowerCase())) &&
  (provider === undefined || row.provider === provider) &&
  (available !== true || row.free > 0);
