import { Command } from "commander";
import type { LoginFlags } from "./login-run.ts";

const HELP = `
Examples:
  flare login https://flare.example.com                      asks for a token, without showing it
  flare login https://flare.example.com --token-file token
  kubectl create token me -n team-a | flare login https://flare.example.com --tenant team-a

The token is checked at the hub and kept, readable by you alone, in a context of
\${XDG_CONFIG_HOME:-~/.config}/flare/config.yaml, which becomes the current one. flare context lists, changes and removes.

Exit codes: 0 logged in; 1 the hub refused the token or was not there; 2 wrong flags or input.
`;

/** `flare login`: makes a context for a hub's REST API. */
export function loginCommand(): Command {
  return new Command("login")
    .summary("log in to a hub's REST API")
    .description("Checks a token at a hub's REST API and keeps both as the current context.")
    .argument("<server>", "address of the hub, such as https://flare.example.com")
    .option("--name <name>", "name of the context; default the server's host")
    .option("--token-file <file>", "file with the token; default: asked for, or read from standard input")
    .option("--tenant <name>", "tenant to act for, where you belong to several")
    .option("-n, --namespace <name>", "namespace of the Intents, where the tenant has several")
    .option("--certificate-authority <file>", "PEM of who signed the server's certificate; it is copied")
    .option("--insecure-skip-tls-verify", "trust any certificate: for tests alone")
    .addHelpText("after", HELP)
    .action(async (server: string, flags: LoginFlags) => {
      const { login } = await import("./login-run.ts");
      await login(server, flags);
    });
}
