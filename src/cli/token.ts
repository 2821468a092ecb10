import { Command, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";
import type { ToldToken, UserHub } from "./client/user-hub.ts";
import { type OutputForm, print, printAs, table } from "./output.ts";
import { ageOf } from "./print-intents.ts";
import { stdoutScreen } from "./screen.ts";

const HELP = `
Examples:
  flare token create ci --expires-in 30d --permission intents:write --permission intents:read > token
  flare token list
  flare token revoke 6f0c9a52-4f43-4b5a-9d6c-0d5a3a1f2b77
${HUB_HELP}
Tokens are those of the REST API: a kubeconfig has none. A new one is shown once, on standard output, and never again.
Exit codes: 0 done; 1 the API refused; 2 wrong flags; 3 there is no such token.
`;

interface CreateFlags extends HubFlags {
  readonly expiresIn?: string;
  readonly permission: readonly string[];
  readonly output: OutputForm;
}

/** `flare token`: tokens of the REST API for programs. */
export function tokenCommand(): Command {
  const command = new Command("token")
    .summary("make, list and revoke tokens of the REST API")
    .description("Tokens let programs act for your tenant, with at most the rights that you have.")
    .addHelpText("after", HELP);
  withHubFlags(command.command("create"))
    .description("Make a token. It is printed this once.")
    .argument("<name>", "what it is for, for people to tell tokens apart")
    .option("--expires-in <duration>", "how long it is good for, such as 30d or 12h")
    .option(
      "--permission <permission>",
      "what it is good for (repeatable); default all that you may do but tokens:manage",
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .addOption(outputOption())
    .action((name: string, flags: CreateFlags) => onHub(flags, (hub) => create(name, flags, hub)));
  withHubFlags(command.command("list"))
    .description("List the tokens of your tenant, without what they are.")
    .addOption(outputOption())
    .action((flags: HubFlags & { readonly output: OutputForm }) =>
      onHub(flags, (hub) => list(flags.output, hub)),
    );
  withHubFlags(command.command("revoke"))
    .description("Revoke tokens, at once and for good.")
    .argument("<id...>", "ids of the tokens")
    .action((ids: readonly string[], flags: HubFlags) =>
      onHub(flags, async ({ tokens }) => {
        for (const id of ids) {
          await tokens.revoke(id);
          print(`${id} revoked`);
        }
      }),
    );
  return command;
}

const outputOption = (): Option =>
  new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table");

function withHubFlags(command: Command): Command {
  for (const flag of hubFlags()) if (flag.attributeName() !== "namespace") command.addOption(flag);
  return command;
}

async function create(name: string, flags: CreateFlags, { tokens }: UserHub): Promise<void> {
  const { expiresIn, permission, output } = flags;
  const permissions = permission.length === 0 ? undefined : permission;
  const made = await tokens.create({ name, expiresIn, permissions });
  if (output !== "table") return printAs(output, made, () => "");
  // The token alone goes to standard output, for a file or another program.
  const told = `token ${made.token_id} (${made.name}), good until ${made.expires_at}, may ${made.permissions.join(", ")}`;
  process.stderr.write(`${told}\nIt is shown this once:\n`);
  print(made.token);
}

async function list(output: OutputForm, { tokens, place }: UserHub): Promise<void> {
  const found = await tokens.list();
  if (output === "table" && found.length === 0) process.stderr.write(`no tokens at ${place}\n`);
  else await printAs(output, found, () => tokensTable(found, Date.now()));
}

function tokensTable(tokens: readonly ToldToken[], now: number): string {
  const rows = tokens.map((token) => [
    token.token_id,
    token.name,
    token.status ?? "-",
    token.expires_at.slice(0, 10),
    token.last_used === undefined ? "never" : `${ageOf(token.last_used, now)} ago`,
    token.user_id ?? "-",
    token.permissions.join(","),
  ]);
  const header = ["ID", "NAME", "STATUS", "EXPIRES", "USED", "OWNER", "PERMISSIONS"];
  return table([header, ...rows], { screen: stdoutScreen(), expendable: ["OWNER", "USED", "EXPIRES"] });
}
