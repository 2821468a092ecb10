import { Command, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";
import type { ToldIntent, UserHub } from "./client/user-hub.ts";
import { EXIT_CODES } from "./exit.ts";
import { clip, type OutputForm, print, printAs, toYaml } from "./output.ts";
import { describeIntent, progressLine } from "./print-intents.ts";
import { stdoutScreen } from "./screen.ts";

const HELP = `
Examples:
  flare status train-x7k2p
  flare status train-x7k2p --watch          follow it until it has ended; Ctrl-C stops looking, not the Intent
${HUB_HELP}
Exit codes: 0 told, or with --watch completed; 1 the API refused, or with --watch failed or cancelled; 2 wrong flags;
3 there is no such Intent.
`;

interface StatusFlags extends HubFlags {
  readonly watch?: boolean;
  readonly output: OutputForm;
}

/** `flare status`: one Intent, once or followed. */
export function statusCommand(): Command {
  const command = new Command("status")
    .summary("tell how an Intent stands, and follow it")
    .description("Tells where an Intent stands, where it runs, what it costs, and why it was decided so.")
    .argument("<name>", "name of the Intent, or its id at the REST API")
    .option("-w, --watch", "follow it, a line for each change")
    .addOption(
      new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action((name: string, flags: StatusFlags) => onHub(flags, (hub) => tell(name, flags, hub)));
  for (const flag of hubFlags()) command.addOption(flag);
  return command;
}

async function tell(name: string, flags: StatusFlags, hub: UserHub): Promise<void> {
  const intent = await hub.get(name);
  if (flags.watch === true) {
    process.exitCode = await follow(hub, intent, flags.output);
    return;
  }
  await printAs(flags.output, intent.document, () => describeIntent(intent, Date.now(), stdoutScreen()));
}

/** Prints a line for each change until the Intent has ended; on a terminal the line is written anew in its place. */
async function follow(hub: UserHub, first: ToldIntent, output: OutputForm): Promise<number> {
  const isLive = process.stdout.isTTY && output === "table";
  let told = "";
  for await (const intent of hub.watch(first)) {
    const line = await lineOf(intent, output);
    if (line !== told && isLive) process.stdout.write(`\r\u001b[K${clip(line, process.stdout.columns)}`);
    else if (line !== told) print(line);
    told = line;
    if (intent.end === undefined) continue;
    if (isLive) print("");
    return intent.end === "completed" ? EXIT_CODES.ok : EXIT_CODES.failed;
  }
  if (isLive) print("");
  const say = output === "table" ? print : (text: string) => process.stderr.write(`${text}\n`);
  say("it was deleted");
  return EXIT_CODES.failed;
}

/** A change in the form that was asked for: programs get a document a line, or one after the other. */
async function lineOf(intent: ToldIntent, output: OutputForm): Promise<string> {
  if (output === "json") return JSON.stringify(intent.document);
  return output === "yaml" ? `---\n${await toYaml(intent.document)}` : progressLine(intent);
}
