import { Command } from "commander";
import { INTENTS } from "../hub/intents/intent-view.ts";
import { type HubFlags, hubClusterFlags, onHubCluster } from "./hub-cluster.ts";
import { print } from "./output.ts";

const HELP = `
Examples:
  flare cancel train-x7k2p
  flare intents -o name | xargs flare cancel

What it runs is stopped, and its GPUs are given back. Exit codes: 0 cancelled; 1 the API refused; 2 wrong flags;
3 there is no such Intent.
`;

/** `flare cancel`: deletes Intents. */
export function cancelCommand(): Command {
  const command = new Command("cancel")
    .summary("cancel Intents and give their GPUs back")
    .description("Cancels Intents: what they run is stopped, and everything of them is cleaned up.")
    .argument("<name...>", "names of the Intents")
    .addHelpText("after", HELP)
    .action((names: readonly string[], flags: HubFlags) =>
      onHubCluster(flags, async ({ client, namespace }) => {
        // A name that was mistyped is told before anything is cancelled.
        for (const name of names) await client.get(INTENTS, { namespace, name });
        for (const name of names) {
          await client.delete(INTENTS, { namespace, name });
          print(`${name} cancelled`);
        }
      }),
    );
  for (const flag of hubClusterFlags()) command.addOption(flag);
  return command;
}
