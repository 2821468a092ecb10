import { Command, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";
import type { NewIntent } from "./client/user-hub.ts";
import { UserError } from "./exit.ts";
import type { OutputForm } from "./output.ts";

const HELP = `
Examples:
  flare submit -f intent.yaml
  flare submit -f intent.yaml --dry-run       what would come of it, and why, with nothing done
  jq .intent request.json | flare submit -f -
${HUB_HELP}
A file may hold several Intents, as resources (kubectl's form) or in the REST API's form. None is submitted unless all
of them can be read.

Exit codes: 0 all submitted; 1 the API refused; 2 wrong flags or input; 4 nothing fits.
`;

interface SubmitFlags extends HubFlags {
  readonly filename: string;
  readonly dryRun?: boolean;
  readonly output: OutputForm;
}

/** `flare submit`: Intents of a file. */
export function submitCommand(): Command {
  const command = new Command("submit")
    .summary("submit the Intents of a file")
    .description("Submits Intents to the hub. Each is decided on by the hub and told of by flare status.")
    .requiredOption("-f, --filename <file>", "Intents, YAML or JSON; - for standard input")
    .option("--dry-run", "tell what would come of each by itself, with its reasons, and do nothing")
    .addOption(
      new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action(submit);
  for (const flag of hubFlags()) command.addOption(flag);
  return command;
}

async function submit(flags: SubmitFlags): Promise<void> {
  const intents = await readAll(flags);
  await onHub(flags, async (hub) => {
    const { submitAll } = await import("./submit-intents.ts");
    process.exitCode = await submitAll(hub, intents, flags);
  });
}

async function readAll({ filename, namespace }: SubmitFlags): Promise<readonly NewIntent[]> {
  const [{ readIntents }, { formatProblems }] = await Promise.all([
    import("./read-intents.ts"),
    import("../intent/problem.ts"),
  ]);
  const read = await readIntents(filename);
  const wrong = read.filter(({ spec }) => spec === undefined);
  if (wrong.length > 0) {
    const told = wrong.map(({ name, problems }) => `${name}:\n  ${formatProblems(problems, "\n  ")}`);
    throw new UserError(`nothing was submitted:\n${told.join("\n")}`);
  }
  return read.flatMap(({ name, namespace: own, spec }) => {
    if (own !== undefined && namespace !== undefined && own !== namespace)
      throw new UserError(`${name} is of namespace ${own}, but --namespace says ${namespace}; leave out one`);
    return spec === undefined ? [] : [{ name, namespace: own, spec }];
  });
}
