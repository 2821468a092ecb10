import { Command, Option } from "commander";
import { type OutputForm, print } from "./output.ts";

const HELP = `
Examples:
  flare context list
  flare context use prod                      what later commands work on
  flare context remove old                    its token is still good: flare token revoke ends it

Exit codes: 0 done; 2 the file cannot be used; 3 there is no such context.
`;

/** `flare context`: the hubs that were logged in to. */
export function contextCommand(): Command {
  const command = new Command("context")
    .summary("list, choose and remove contexts of flare login")
    .description("Contexts are the hubs that flare login was called for, each with its token.")
    .addHelpText("after", HELP);
  command
    .command("list")
    .description("List contexts; the current one has a star. Tokens are not shown.")
    .addOption(
      new Option("-o, --output <form>", "what to print")
        .choices(["table", "json", "yaml", "name"])
        .default("table"),
    )
    .action(async ({ output }: { readonly output: OutputForm | "name" }) =>
      (await import("./context-run.ts")).listContexts(output),
    );
  command
    .command("use")
    .description("Make a context the current one.")
    .argument("<name>", "name of the context")
    .action(async (name: string) => {
      await (await import("./context-run.ts")).useContext(name);
      print(`${name} is the current context`);
    });
  command
    .command("remove")
    .description("Forget a context and its token.")
    .argument("<name>", "name of the context")
    .action(async (name: string) => {
      await (await import("./context-run.ts")).removeContext(name);
      print(`${name} removed`);
    });
  return command;
}
