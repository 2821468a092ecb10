import { Command, Option } from "commander";
import type { DemoFlags, DemoShell } from "./demo-shell.ts";
import { EXIT_CODES } from "./exit.ts";

const HELP = `
Examples:
  flare demo                 three clusters, an agent for each GPU node; Ctrl-C ends it
  flare demo --once          the same without waiting for you at its end
  flare demo --once -o json  the pool and the Intents as JSON
  flare demo --federated     a hub that buys GPUs of two clusters through FLUIDOS and Liqo, and uses those of a third

The clusters are small Kubernetes API servers in this process, on the loopback interface; their nodes carry the labels
of real GPU nodes, and with --federated those of fake-gpu-operator; FLUIDOS and Liqo are simulated there. Nothing is installed, no other cluster is touched, and nothing is left behind.

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
    .option("--federated", "the one where a hub buys GPUs of clusters that it has no kubeconfig of")
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
  const play = await demoOf(flags);
  const complete = await play(flags, {
    signal: stopper.signal,
    print: (text) => process.stdout.write(`${text}\n`),
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  process.exitCode = complete ? EXIT_CODES.ok : EXIT_CODES.failed;
}

/** Loaded here, so that each brings no more than it needs. */
async function demoOf({
  federated,
}: DemoFlags): Promise<(flags: DemoFlags, shell: DemoShell) => Promise<boolean>> {
  if (federated === true) return (await import("./federated-demo/run.ts")).runFederatedDemo;
  return (await import("./demo-run.ts")).runDemo;
}
