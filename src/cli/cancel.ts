import { Command, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub, toUserError } from "./client/on-hub.ts";
import type { ToldIntent, UserHub } from "./client/user-hub.ts";
import { EXIT_CODES, UserError } from "./exit.ts";
import { type OutputForm, print, printAs } from "./output.ts";

const HELP = `
Examples:
  flare cancel train-x7k2p
  flare intents -o name | xargs flare cancel
${HUB_HELP}
What it runs is stopped, and its GPUs are given back. Of several, each that can be is cancelled.
Exit codes: 0 cancelled; 1 the API refused, or some of several could not be cancelled; 2 wrong flags;
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
  const cancelled: ToldIntent[] = [];
  const failed: UserError[] = [];
  for (const name of new Set(names)) {
    try {
      const intent = await hub.get(name);
      await hub.cancel(intent);
      cancelled.push(intent);
      if (output === "table") print(`${intent.name} cancelled`);
    } catch (thrown) {
      // One that cannot be cancelled keeps no other from being so.
      const error = toUserError(thrown);
      if (!(error instanceof UserError)) throw error;
      failed.push(error);
    }
  }
  if (output !== "table" && cancelled.length > 0)
    await printAs(
      output,
      cancelled.map(({ document }) => document),
      () => "",
    );
  const [only, another] = failed;
  if (only === undefined) return;
  if (another === undefined && cancelled.length === 0) throw only;
  throw new UserError(failed.map(({ message }) => message).join("\n"), EXIT_CODES.failed);
}
