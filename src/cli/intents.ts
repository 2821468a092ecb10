import { Command, Option } from "commander";
import type { KubeIntent } from "../hub/intents/intent-view.ts";
import { type HubCluster, type HubFlags, hubClusterFlags, onHubCluster } from "./hub-cluster.ts";
import { print, toYaml } from "./output.ts";

const HELP = `
Examples:
  flare intents
  flare intents --all-namespaces --output name

Exit codes: 0 done; 1 the API refused; 2 wrong flags.
`;

interface IntentsFlags extends HubFlags {
  readonly allNamespaces?: boolean;
  readonly output: "table" | "json" | "yaml" | "name";
}

/** `flare intents`: the Intents of a namespace, or of all. */
export function intentsCommand(): Command {
  const command = new Command("intents")
    .summary("list Intents, where they run and what they cost")
    .description("Lists Intents with their phase, place and cost.")
    .option("-A, --all-namespaces", "of all namespaces")
    .addOption(
      new Option("-o, --output <form>", "what to print")
        .choices(["table", "json", "yaml", "name"])
        .default("table"),
    )
    .addHelpText("after", HELP)
    .action((flags: IntentsFlags) => onHubCluster(flags, (cluster) => list(flags, cluster)));
  for (const flag of hubClusterFlags()) command.addOption(flag);
  return command;
}

async function list(flags: IntentsFlags, { client, namespace }: HubCluster): Promise<void> {
  const { INTENTS } = await import("../hub/intents/intent-view.ts");
  const found: KubeIntent[] = [];
  const query = flags.allNamespaces === true ? {} : { namespace };
  for await (const page of client.list<KubeIntent>(INTENTS, query)) found.push(...page.items);
  if (flags.output === "json") return print(JSON.stringify(found, null, 2));
  if (flags.output === "yaml") return print(await toYaml(found));
  if (flags.output === "name") {
    for (const { metadata } of found)
      print(flags.allNamespaces ? `${metadata?.namespace}/${metadata?.name}` : `${metadata?.name}`);
    return;
  }
  if (found.length > 0) return printTable(found, flags.allNamespaces === true);
  process.stderr.write(`no Intents${flags.allNamespaces ? "" : ` in namespace ${namespace}`}\n`);
}

async function printTable(intents: readonly KubeIntent[], namespaces: boolean): Promise<void> {
  const { intentsTable } = await import("./print-intents.ts");
  const width = process.stdout.isTTY ? { width: process.stdout.columns } : {};
  print(intentsTable(intents, { now: Date.now(), namespaces, ...width }));
}
