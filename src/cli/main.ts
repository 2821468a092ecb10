#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { agentCommand } from "./agent.ts";
import { cancelCommand } from "./cancel.ts";
import { completionCommand } from "./completion.ts";
import { contextCommand } from "./context.ts";
import { demoCommand } from "./demo.ts";
import { EXIT_CODES, UserError } from "./exit.ts";
import { gpusCommand } from "./gpus.ts";
import { hubCommand } from "./hub.ts";
import { intentsCommand } from "./intents.ts";
import { loginCommand } from "./login.ts";
import { logsCommand } from "./logs.ts";
import { mapCommand } from "./map.ts";
import { mappingsCommand } from "./mappings.ts";
import { runCommand } from "./run.ts";
import { simulateCommand } from "./simulate.ts";
import { statusCommand } from "./status.ts";
import { submitCommand } from "./submit.ts";
import { tokenCommand } from "./token.ts";

declare const FLARE_VERSION: string | undefined;

const HELP = `
Examples:
  flare demo                                  three provider clusters in one process, to try things on
  kubectl get nodes -o yaml | flare map -f -  what FLARE makes of your nodes
  flare login https://flare.example.com       ask a hub for GPUs: flare gpus, flare run, flare status
  flare agent --node gpu-1 --once --dry-run   what the agent would publish

Exit codes: 0 done; 1 it could not be done; 2 wrong flags or input; 3 no such object.
Also a kubectl plugin: with kubectl-flare on the PATH, kubectl flare map.
`;

/** The whole program; each subcommand loads its own code when it is run. */
export function createProgram(): Command {
  const program = new Command("flare")
    .description("FLARE: the GPU nodes of many Kubernetes clusters as one pool.")
    .version(typeof FLARE_VERSION === "string" ? FLARE_VERSION : "0.0.0-dev", "-V, --version")
    .addHelpText("after", HELP)
    .showHelpAfterError("(--help shows what there is)");
  program.addCommand(agentCommand());
  program.addCommand(hubCommand());
  program.addCommand(mapCommand());
  program.addCommand(mappingsCommand());
  program.addCommand(simulateCommand());
  program.addCommand(gpusCommand());
  program.addCommand(runCommand());
  program.addCommand(submitCommand());
  program.addCommand(intentsCommand());
  program.addCommand(statusCommand());
  program.addCommand(logsCommand());
  program.addCommand(cancelCommand());
  program.addCommand(loginCommand());
  program.addCommand(contextCommand());
  program.addCommand(tokenCommand());
  program.addCommand(demoCommand());
  program.addCommand(completionCommand(() => program));
  return program;
}

/** Commander's own exits become our exit codes, for subcommands of subcommands too. */
function exitByThrowing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitByThrowing(child);
}

async function main(): Promise<void> {
  const program = createProgram();
  exitByThrowing(program);
  // A reader that went away (`flare map 2>&1 | head`) ends the program quietly.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT_CODES.ok);
      throw error;
    });
  }
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = explain(error);
  }
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  if (error instanceof UserError) {
    process.stderr.write(`flare: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`flare: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT_CODES.failed;
}

await main();
