import { Command } from "commander";
import type { AgentOptions } from "../agent/options.ts";
import { type AgentFlags, agentFlags, toAgentOptions } from "./agent-flags.ts";
import { UserError } from "./exit.ts";

const HELP = `
Examples:
  $ flare agent --node gpu-1                        describe gpu-1 until stopped, with your kubeconfig
  $ flare agent --node gpu-1 --once --dry-run       show what would be written, write nothing
  $ flare agent --node gpu-1 --mappings ./site      with tables of your own
In a cluster it runs as the DaemonSet of manifests/agent.

Exit codes:
  0  published, or nothing to do; or stopped by SIGTERM or SIGINT
  1  it could not be done: the API server refused or was not there
  2  wrong flags or kubeconfig, or with --once broken tables: no retry helps
  3  --once: there is no Node of that name`;

/** `flare agent`: describes one node in annotations and keeps them current. */
export function agentCommand(): Command {
  const command = new Command("agent")
    .description("Describe the GPUs of one node in annotations on its Node object, and keep them current")
    .addHelpText("after", HELP)
    .action((flags: AgentFlags) => run(command, flags));
  for (const flag of agentFlags()) command.addOption(flag);
  return command;
}

async function run(command: Command, flags: AgentFlags): Promise<void> {
  const options = await checked(flags);
  // Loaded here, so that --help of any command stays quick and small.
  const [{ runAgent }, { createClient }, { createLogger }, { agentTables }] = await Promise.all([
    import("../agent/run-agent.ts"),
    import("../kubernetes/client.ts"),
    import("../observability/logger.ts"),
    import("./agent-tables.ts"),
  ]);
  const version = command.parent?.version() ?? "unknown";
  const client = createClient({
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    userAgent: `flare-agent/${version}`,
  });
  const stopper = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopper.abort(signal));
  process.exitCode = await runAgent(options, {
    client,
    compile: agentTables({ aliases: flags.aliases, fluidosLabel: flags.fluidosLabel ?? false }),
    log: createLogger({ level: flags.logLevel }),
    signal: stopper.signal,
    print: (text) => process.stdout.write(`${text}\n`),
    version,
  });
  client.close();
}

/** The agent's options, or an error that ends the program with 2. */
async function checked(flags: AgentFlags): Promise<AgentOptions> {
  try {
    if (flags.fullPassCron !== undefined) {
      const problem = await (await import("../agent/schedule.ts")).cronProblem(flags.fullPassCron);
      if (problem !== undefined) throw new Error(`--full-pass-cron (FLARE_FULL_PASS_CRON): ${problem}`);
    }
    return toAgentOptions(flags, process.env);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}
