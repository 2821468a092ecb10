import { Command, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";
import type { UserHub } from "./client/user-hub.ts";
import { type OutputForm, print, printAs } from "./output.ts";

const HELP = `
Examples:
  flare cancel train-x7k2p
  flare intents -o name | xargs flare cancel
${HUB_HELP}
What it runs is stopped, and its GPUs are given back. Exit codes: 0 cancelled; 1 the API refused; 2 wrong flags;
3 there is no such Intent.
`;

interface CancelFlags extends HubFlags {
  readonly output: OutputForm;
}

/** `flare cancel`: deletes Intents. */
export function cancelCommand(): Command {
  const command = new Command("cancel")
    .summary("cancel Intents and give their GPUs back")
    .description("Cancels Intents: what they run is stopped, and everything of them is cleaned up.")
    .argument("<name...>", "names of the Intents, or their ids at the REST API")
    .addOption(
      new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action((names: readonly string[], flags: CancelFlags) =>
      onHub(flags, (hub) => cancel(names, flags, hub)),
    );
  for (const flag of hubFlags()) command.addOption(flag);
  return command;
}

async function cancel(names: readonly string[], { output }: CancelFlags, hub: UserHub): Promise<void> {
  // A name that was mistyped is told before anything is cancelled.
  const intents = [];
  for (const name of new Set(names)) intents.push(await hub.get(name));
  for (const intent of intents) {
    await hub.cancel(intent);
    if (output === "table") print(`${intent.name} cancelled`);
  }
  if (output !== "table")
    await printAs(
      output,
      intents.map(({ document }) => document),
      () => "",
    );
}
