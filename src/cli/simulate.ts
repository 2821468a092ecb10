import { Command, Option } from "commander";
import type { SimulateFlags } from "./simulate-run.ts";

const HELP = `
Examples:
  # where would it go, on the nodes of three clusters?
  kubectl --context lab get nodes -o yaml > lab.yaml
  flare simulate -f intent.yaml --offers lab.yaml --offers aws=aws-nodes.yaml

  # the same, read through the kubeconfig, with what runs there now
  flare simulate -f intent.yaml --live --context lab --context aws

  flare simulate -f intent.yaml --offers lab.yaml -o json | jq '.[0].decision.rejected'

Nodes without FLARE annotations are described by the mapping tables, as flare map does. Several Intents of a file are
placed one after the other, each on what those before it left. Nothing is written anywhere.

Exit codes: 0 all placed; 1 the API refused or a table is broken; 2 wrong flags or input; 4 for one of them nothing fits.
`;

/** `flare simulate`: the decision on an Intent with its reasons, changing nothing. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .summary("show where an Intent would go, and why")
    .description(
      "Decides where Intents would go and prints the decision with its reasons. Nothing is written.",
    )
    .requiredOption(
      "-f, --filename <file>",
      "Intents: YAML or JSON, resources or the REST form; - for standard input",
    )
    .option("--offers <[provider=]file>", "Nodes of a provider, from a file (repeatable)", collect, [])
    .option("--live", "Nodes and pods of clusters, through the kubeconfig")
    .option(
      "--context <name>",
      "context of the kubeconfig, which names the provider (repeatable)",
      collect,
      [],
    )
    .option("--kubeconfig <file>", "kubeconfig to use")
    .option(
      "--mappings <path>",
      "a site table, or a folder of them, on top of the built-in ones (repeatable)",
      collect,
      [],
    )
    .option("--config <file>", "configuration of the hub, for its currency rates and tolerations")
    .option("--currency <code>", "currency of rates where an Intent names none (default: the hub's, EUR)")
    .addOption(
      new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action(async (flags: SimulateFlags) => {
      const { runSimulation } = await import("./simulate-run.ts");
      process.exitCode = await runSimulation(flags);
    });
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
