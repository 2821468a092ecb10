import { Command, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";
import type { GpuRow, UserHub } from "./client/user-hub.ts";
import { type OutputForm, printAs, table } from "./output.ts";
import { type Screen, stdoutScreen } from "./screen.ts";

const HELP = `
Examples:
  flare gpus                                  what there is, what is free, what an hour of one GPU costs
  flare gpus --model h100 --available
  flare gpus --in EU --output json
${HUB_HELP}
With a kubeconfig it is read from the Flavors that the hub publishes, a row for each node.
Exit codes: 0 done; 1 the API refused; 2 wrong flags; 3 no Flavors here.
`;

interface GpusFlags extends HubFlags {
  readonly model?: string;
  readonly provider?: string;
  readonly in?: string;
  readonly available?: boolean;
  readonly output: OutputForm;
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
    .option("--in <place>", "only in this region, zone, country, continent or group, such as EU")
    .option("--available", "only where something is free")
    .addOption(
      new Option("--flavors-namespace <name>", "with a kubeconfig: where the hub publishes its Flavors")
        .env("FLARE_FLAVORS_NAMESPACE")
        .default("fluidos"),
    )
    .addOption(
      new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action((flags: GpusFlags) => onHub(flags, (hub) => list(flags, hub)));
  for (const flag of hubFlags()) if (flag.attributeName() !== "namespace") command.addOption(flag);
  return command;
}

async function list(flags: GpusFlags, hub: UserHub): Promise<void> {
  const pool = await hub.gpus({ region: flags.in });
  const rows = pool.filter((row) => isAskedFor(row, flags)).toSorted(byModelAndRate);
  if (flags.output === "table" && rows.length === 0) process.stderr.write("no GPUs\n");
  else await printAs(flags.output, rows, () => gpuTable(rows, stdoutScreen()));
}

const isAskedFor = (row: GpuRow, { model, provider, available }: GpusFlags): boolean =>
  (model === undefined || row.model.includes(model.toLowerCase())) &&
  (provider === undefined || row.provider === provider) &&
  (available !== true || row.free > 0);

/** The cheapest of each model first; what nobody tells the price of comes last. */
function byModelAndRate(left: GpuRow, right: GpuRow): number {
  return (
    compare(left.model, right.model) ||
    amountOf(left) - amountOf(right) ||
    compare(`${left.provider}/${left.node ?? ""}`, `${right.provider}/${right.node ?? ""}`)
  );
}

const UNKNOWN = 1e12;
const amountOf = ({ rate }: GpuRow): number => Number.parseFloat(rate ?? "") || UNKNOWN;
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const EXPENDABLE = ["TIER", "VARIANT", "MEMORY", "REGION", "NODE", "NODES", "TOTAL"];

/** GPUs as a table; the columns that tell least go where the screen is narrow. */
export function gpuTable(rows: readonly GpuRow[], screen?: Screen): string {
  // Some hubs are asked by node, and some by what is equal on several.
  const where = rows.some(({ nodes }) => nodes !== undefined) ? "NODES" : "NODE";
  const header = ["MODEL", "VARIANT", "MEMORY", "FREE", "TOTAL", "RATE/GPU/H", "PROVIDER", where, "REGION"];
  const cells = rows.map((row) =>
    [
      row.model,
      row.variant,
      row.memoryGi === undefined ? undefined : `${row.memoryGi}Gi`,
      row.free,
      row.total,
      row.rate,
      row.provider,
      row.nodes ?? row.node,
      row.region,
      row.tier,
    ].map((cell) => String(cell ?? "-")),
  );
  return table([[...header, "TIER"], ...cells], { screen, expendable: EXPENDABLE });
}
