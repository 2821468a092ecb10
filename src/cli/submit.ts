import { Command } from "commander";
import { EXIT_CODES, UserError } from "./exit.ts";
import { type HubFlags, hubClusterFlags, onHubCluster } from "./hub-cluster.ts";
import { print } from "./output.ts";

const HELP = `
Examples:
  flare submit -f intent.yaml
  flare simulate -f intent.yaml --live && flare submit -f intent.yaml -n team-a
  jq .intent request.json | flare submit -f -

A file may hold several Intents, as resources (kubectl's form) or in the REST API's form. None is submitted unless all
of them can be read.

Exit codes: 0 all submitted; 1 the API refused; 2 wrong flags or input.
`;

/** `flare submit`: Intents of a file. */
export function submitCommand(): Command {
  const command = new Command("submit")
    .summary("submit the Intents of a file")
    .description("Submits Intents to the hub. Each is decided on by the hub and told of by flare status.")
    .requiredOption("-f, --filename <file>", "Intents, YAML or JSON; - for standard input")
    .addHelpText("after", HELP)
    .action(submit);
  for (const flag of hubClusterFlags()) command.addOption(flag);
  return command;
}

async function submit(flags: HubFlags & { readonly filename: string }): Promise<void> {
  const [{ readIntents }, { createIntent, intentObject }, { formatProblems }] = await Promise.all([
    import("./read-intents.ts"),
    import("./submitted-intents.ts"),
    import("../intent/problem.ts"),
  ]);
  const read = await readIntents(flags.filename);
  const wrong = read.filter(({ spec }) => spec === undefined);
  if (wrong.length > 0) {
    const told = wrong.map(({ name, problems }) => `${name}:\n  ${formatProblems(problems, "\n  ")}`);
    throw new UserError(`nothing was submitted:\n${told.join("\n")}`);
  }
  await onHubCluster(flags, async ({ client, namespace }) => {
    for (const { name, namespace: own, spec } of read) {
      if (spec === undefined) continue;
      if (own !== undefined && flags.namespace !== undefined && own !== flags.namespace)
        throw new UserError(
          `${name} is of namespace ${own}, but --namespace says ${flags.namespace}; leave out one`,
        );
      await createIntent(client, namespace, intentObject({ name, namespace: own, spec }));
      print(`${name} submitted`);
    }
  });
  process.exitCode = EXIT_CODES.ok;
}
