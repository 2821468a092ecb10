import { Command, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";
import type { UserHub } from "./client/user-hub.ts";
import { type OutputForm, print, printAs } from "./output.ts";
import { intentsTable } from "./print-intents.ts";
import { stdoutScreen } from "./screen.ts";

const HELP = `
Examples:
  flare intents
  flare intents --all-namespaces --output name
${HUB_HELP}
Exit codes: 0 done; 1 the API refused; 2 wrong flags.
`;

interface IntentsFlags extends HubFlags {
  readonly allNamespaces?: boolean;
  readonly output: OutputForm | "name";
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
    .action((flags: IntentsFlags) => onHub(flags, (hub) => list(flags, hub)));
  for (const flag of hubFlags()) command.addOption(flag);
  return command;
}

async function list({ allNamespaces = false, output }: IntentsFlags, hub: UserHub): Promise<void> {
  const found = await hub.list({ allNamespaces });
  if (output === "name") {
    for (const { name, namespace } of found) print(allNamespaces ? `${namespace}/${name}` : name);
    return;
  }
  if (output === "table" && found.length === 0) {
    process.stderr.write(`no Intents${allNamespaces ? "" : ` in ${hub.place}`}\n`);
    return;
  }
  const documents = found.map(({ document }) => document);
  await printAs(output, documents, () =>
    intentsTable(found, { now: Date.now(), namespaces: allNamespaces, screen: stdoutScreen() }),
  );
}
