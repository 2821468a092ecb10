import { Command, Option } from "commander";
import type { DemoFlags } from "./demo-run.ts";
import { EXIT_CODES } from "./exit.ts";

const HELP = `
Examples:
  flare demo                 three clusters, an agent for each GPU node; Ctrl-C ends it
  flare demo --once          the same without waiting for you at its end
  flare demo --once -o json  the pool and the Intents as JSON

The clusters are small Kubernetes API servers in this process, on the loopback interface; their nodes carry the labels
of real GPU nodes. Nothing is installed, no other cluster is touched, and nothing is left behind.

Exit codes: 0 done or stopped; 1 something did not come as it should have.
`;

/** `flare demo`: three provider clusters in this process, with agents at work, for the reader's own kubectl. */
export function demoCommand(): Command {
  return new Command("demo")
    .summary("three provider clusters and a hub in one process, to try things on")
    .description(
      "Starts three provider clusters with real GPU nodes' labels and a hub in this process, shows the pool, places Intents on it, and what becomes of them when a cluster is cut off.",
    )
    .option("--once", "end when that is told")
    .addOption(
      new Option("-o, --output <form>", "how to print the pool").choices(["table", "json"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action(run);
}

async function run(flags: DemoFlags): Promise<void> {
  const stopper = new AbortController();
  const stop = (): void => stopper.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  const { runDemo } = await import("./demo-run.ts");
  const complete = await runDemo(flags, {
    signal: stopper.signal,
    print: (text) => process.stdout.write(`${text}\n`),
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  process.exitCode = complete ? EXIT_CODES.ok : EXIT_CODES.failed;
}
