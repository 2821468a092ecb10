import { randomBytes } from "node:crypto";
import { Command, InvalidArgumentError, Option } from "commander";
import type { HubFlags } from "./client/choose-hub.ts";
import { HUB_HELP, hubFlags, onHub } from "./client/on-hub.ts";
import type { NewIntent } from "./client/user-hub.ts";
import { UserError } from "./exit.ts";
import { type OutputForm, print, toYaml } from "./output.ts";
import {
  type GpuWish,
  nameFromImage,
  OBJECTIVES,
  parseGpuWish,
  type RunFlags,
  runDocument,
  VENDORS,
} from "./run-document.ts";

const HELP = `
Examples:
  # two H100 in the EU for at most 10 EUR an hour, until the command is done
  flare run --gpu h100:2 --image ghcr.io/acme/train:1 --in EU --max-hourly 10EUR -- torchrun train.py

  # a service on a share of any GPU with 20 GiB; its replicas answer on port 8000
  flare run --gpu 1 --gpu-memory 20Gi --shared --image ghcr.io/acme/chat:2 --port 8000 --tasks 2

  # where it would go, at what price, and why; nothing is done
  flare run --gpu l40s --image ghcr.io/acme/render:3 --dry-run

  # the Intent that this would be, to keep in a file
  flare run --gpu l40s --image ghcr.io/acme/render:3 --print-intent > intent.yaml
${HUB_HELP}
With --port it is a service, else a batch. Several words after -- are the container's arguments, one runs through sh -c.

Exit codes: 0 submitted; 1 the API refused; 2 wrong flags; 4 nothing fits.
`;

/** `flare run`: an Intent by flags. */
export function runCommand(): Command {
  const command = new Command("run")
    .summary("run an image on GPUs of the pool")
    .description("Asks for GPUs by flags and runs an image on the best offer of all providers.")
    .argument("[command...]", "what to run in the container, after --")
    .addHelpText("after", HELP)
    .action(run);
  for (const flag of [...runFlags(), ...hubFlags()]) command.addOption(flag);
  return command;
}

const runFlags = (): readonly Option[] => [
  new Option("--image <image>", "container image").makeOptionMandatory(),
  new Option("--gpu <model:count>", "GPUs of each task: h100:2, 2xh100, l40s, or a number for any model")
    .argParser(gpuWish)
    .default({ count: 1 }, "1"),
  new Option("--vendor <vendor>", "maker of the GPUs that the image is built for").choices(VENDORS),
  new Option("--gpu-memory <size>", "least memory of each GPU, such as 40Gi"),
  new Option("--shared", "a share of a GPU (MIG, time slice, MPS) will do"),
  new Option("--spot", "nodes that may be taken away will do"),
  new Option("--name <name>", "name of the Intent and workload; default from the image"),
  new Option("--objective <objective>", "what ranks the offers that fit")
    .choices(Object.keys(OBJECTIVES))
    .default("balanced"),
  new Option("--type <type>", "default service with --port, else batch").choices(["service", "batch"]),
  new Option("--tasks <number>", "tasks at the same time, or replicas, each with its own GPUs")
    .argParser(Number)
    .default(1),
  new Option("--cpu <cores>", "CPU of each task"),
  new Option("--memory <size>", "main memory of each task, such as 64Gi"),
  new Option("--env <KEY=value>", "environment variable (repeatable)")
    .argParser(collect<string>(String))
    .default([]),
  new Option("--port <port>", "port that a service answers on (repeatable)")
    .argParser(collect<number>(Number))
    .default([]),
  new Option("--timeout <duration>", "a batch is ended after so long, such as 24h"),
  new Option("--max-hourly <money>", "most that all of it may cost an hour, such as 10EUR"),
  new Option("--max-total <money>", "most that it may cost in all"),
  new Option("--in <place>", "region, country, continent or group, such as EU"),
  new Option("--provider <name>", "only at this provider (repeatable)")
    .argParser(collect<string>(String))
    .default([]),
  new Option("--deadline <time>", "when a batch has to be done, such as 2027-01-31T18:00:00Z"),
  new Option("--priority <number>", "order in the queue; higher is sooner").argParser(Number).default(0),
  new Option("--dry-run", "tell what would come of it, with the reasons, and do nothing"),
  new Option("--print-intent", "print the Intent instead of submitting it"),
  new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
];

function gpuWish(text: string): GpuWish {
  const wish = parseGpuWish(text);
  if (wish !== undefined) return wish;
  throw new InvalidArgumentError("Write it as MODEL:COUNT, such as h100:2, as 2xh100, h100, or 2.");
}

const collect =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[]): readonly T[] => [...before, read(text)];

interface RunCommandFlags extends RunFlags, HubFlags {
  readonly dryRun?: boolean;
  readonly printIntent?: boolean;
  readonly output: OutputForm;
}

async function run(command: readonly string[], flags: RunCommandFlags): Promise<void> {
  const name = flags.name ?? nameFromImage(flags.image, randomBytes(4).toString("hex").slice(0, 5));
  const intent = await readIntent(flags, name, command);
  if (flags.printIntent === true) return printIntent(intent, flags.output);
  await onHub(flags, async (hub) => {
    const { submitAll } = await import("./submit-intents.ts");
    process.exitCode = await submitAll(
      hub,
      [intent],
      flags,
      (made) => `${made.name} submitted; flare status ${made.name} -n ${made.namespace} --watch follows it`,
    );
  });
}

async function readIntent(flags: RunFlags, name: string, command: readonly string[]): Promise<NewIntent> {
  const [{ parseIntentRequest }, { formatProblems }] = await Promise.all([
    import("../intent/parse.ts"),
    import("../intent/problem.ts"),
  ]);
  const read = parseIntentRequest(runDocument(flags, name, command));
  if (!read.ok) throw new UserError(`this makes no Intent:\n  ${formatProblems(read.problems, "\n  ")}`);
  return { name, spec: read.spec };
}

async function printIntent({ name, spec }: NewIntent, output: OutputForm): Promise<void> {
  const { API_VERSION } = await import("../intent/resources.ts");
  const intent = { apiVersion: API_VERSION, kind: "Intent", metadata: { name }, spec };
  print(output === "json" ? JSON.stringify(intent, null, 2) : await toYaml(intent));
}
