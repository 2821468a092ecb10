import { once } from "node:events";
import { Command, InvalidArgumentError } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";

const HELP = `
Examples:
  flare logs train-x7k2p
  flare logs train-x7k2p --follow --tail 100
  flare logs train-x7k2p --task 3             of one of several tasks or replicas
${HUB_HELP}
Logs are with the provider that runs the Intent, and the hub's REST API reads them there. With a kubeconfig of the hub's
cluster it is told how to read them yourself. Where there are several tasks each line begins with its number.

Exit codes: 0 told; 1 the API refused, or it runs nowhere; 2 wrong flags; 3 there is no such Intent.
`;

interface LogsFlags extends HubFlags {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly task?: number;
}

/** `flare logs`: what the containers of an Intent wrote. */
export function logsCommand(): Command {
  const command = new Command("logs")
    .summary("print what an Intent's containers write")
    .description("Prints what the containers of an Intent wrote, once or as it comes.")
    .argument("<name>", "name of the Intent, or its id at the REST API")
    .option("-f, --follow", "go on as more is written; Ctrl-C stops looking, not the Intent")
    .option("--tail <lines>", "only so many lines from the end of each task's log", wholeNumber)
    .option("--task <number>", "only of this task or replica, from 0", wholeNumber)
    .addHelpText("after", HELP)
    .action((name: string, flags: LogsFlags) => tell(name, flags));
  for (const flag of hubFlags()) command.addOption(flag);
  return command;
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a whole number, from 0.");
}

async function tell(name: string, flags: LogsFlags): Promise<void> {
  const { follow = false, tail, task } = flags;
  await onHub(flags, async (hub) => {
    const intent = await hub.get(name);
    for await (const chunk of hub.logs(intent, { follow, tail, task }))
      if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
  });
}
