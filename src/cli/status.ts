import { Command, Option } from "commander";
import { INTENTS, type KubeIntent } from "../hub/intents/intent-view.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import type { WatchEvent } from "../kubernetes/watch.ts";
import { EXIT_CODES } from "./exit.ts";
import { type HubCluster, type HubFlags, hubClusterFlags, onHubCluster } from "./hub-cluster.ts";
import { print, toYaml } from "./output.ts";
import { clip, describeIntent, progressLine } from "./print-intents.ts";

const HELP = `
Examples:
  flare status train-x7k2p
  flare status train-x7k2p --watch          follow it until it has ended; Ctrl-C stops looking, not the Intent

Exit codes: 0 told, or with --watch completed; 1 the API refused, or with --watch failed or cancelled; 2 wrong flags;
3 there is no such Intent.
`;

interface StatusFlags extends HubFlags {
  readonly watch?: boolean;
  readonly output: "table" | "json" | "yaml";
}

/** `flare status`: one Intent, once or followed. */
export function statusCommand(): Command {
  const command = new Command("status")
    .summary("tell how an Intent stands, and follow it")
    .description("Tells where an Intent stands, where it runs, what it costs, and why it was decided so.")
    .argument("<name>", "name of the Intent")
    .option("-w, --watch", "follow it, a line for each change")
    .addOption(
      new Option("-o, --output <form>", "what to print").choices(["table", "json", "yaml"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action((name: string, flags: StatusFlags) =>
      onHubCluster(flags, (cluster) => tell(name, flags, cluster)),
    );
  for (const flag of hubClusterFlags()) command.addOption(flag);
  return command;
}

async function tell(name: string, flags: StatusFlags, { client, namespace }: HubCluster): Promise<void> {
  const intent = await client.get<KubeIntent>(INTENTS, { namespace, name });
  if (flags.watch === true) {
    process.exitCode = await follow(client, intent);
    return;
  }
  if (flags.output === "json") return print(JSON.stringify(intent, null, 2));
  print(flags.output === "yaml" ? await toYaml(intent) : describeIntent(intent, Date.now()));
}

/** Prints a line for each change until the Intent has ended; on a terminal the line is written anew in its place. */
async function follow(client: KubeClient, first: KubeIntent): Promise<number> {
  let told = "";
  const tellAbout = (intent: KubeIntent): void => {
    const line = progressLine(intent);
    if (line === told) return;
    told = line;
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${clip(line, process.stdout.columns)}`);
    else print(line);
  };
  for await (const intent of changesOf(client, first)) {
    tellAbout(intent);
    const end = exitOf(intent);
    if (end === undefined) continue;
    if (process.stdout.isTTY) print("");
    return end;
  }
  if (process.stdout.isTTY) print("");
  print("it was deleted");
  return EXIT_CODES.failed;
}

function exitOf({ status = {}, metadata = {} }: KubeIntent): number | undefined {
  // An older end is none when the spec was changed since.
  if (status.observedGeneration !== metadata.generation) return undefined;
  if (status.phase === "Completed") return EXIT_CODES.ok;
  return status.phase === "Failed" || status.phase === "Cancelled" ? EXIT_CODES.failed : undefined;
}

const WATCH_SECONDS = 240;

/** The states of an Intent from this one on, until it is deleted. A watch that ends is opened anew. */
async function* changesOf(client: KubeClient, first: KubeIntent): AsyncGenerator<KubeIntent, void> {
  const { name = "", namespace = "" } = first.metadata ?? {};
  for (let intent = first; ; intent = await client.get<KubeIntent>(INTENTS, { namespace, name })) {
    yield intent;
    for await (const { type, object } of watchOne(client, intent)) {
      if (type === "DELETED") return;
      if (type !== "BOOKMARK") yield object;
    }
  }
}

/** The events of an Intent until its watch ends, for whatever reason that a new one mends. */
async function* watchOne(
  client: KubeClient,
  { metadata = {} }: KubeIntent,
): AsyncGenerator<WatchEvent<KubeIntent>, void> {
  const { name = "", namespace = "", resourceVersion = "" } = metadata;
  const query = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
    timeoutSeconds: WATCH_SECONDS,
  };
  try {
    for await (const event of client.watch<KubeIntent>(INTENTS, query)) {
      if (event.type === "ERROR") return;
      yield event;
    }
  } catch (error) {
    if (!isKubeError(error, "silent") && !isKubeError(error, "gone")) throw error;
  }
}
