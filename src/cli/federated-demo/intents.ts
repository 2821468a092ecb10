import { INTENTS, type KubeIntent } from "../../hub/intents/intent-view.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import { EVENTS, type KubeObject } from "../../kubernetes/objects.ts";
import { watchIntent } from "../client/kube-hub.ts";
import { readFixtureIntents } from "../demo-intents.ts";
import type { Listener } from "../demo-story.ts";
import { listAll } from "./objects.ts";

/** The namespace of the demo's Intents. */
export const TEAM = "team-a";

const PATIENCE_SECONDS = 60;

/** The demo's Intents by their names. Throws a UserError where their file is missing. */
export async function readIntentFile(): Promise<ReadonlyMap<string, KubeIntent>> {
  const all = await readFixtureIntents("federated/intents.yaml");
  return new Map(all.map((intent) => [intent.metadata?.name ?? "", intent]));
}

async function readIntent(client: KubeClient, name: string): Promise<KubeIntent | undefined> {
  try {
    return await client.get<KubeIntent>(INTENTS, { namespace: TEAM, name });
  } catch (error) {
    if (isKubeError(error, "not-found")) return undefined;
    throw error;
  }
}

/** Submits an Intent and tells its way, in the hub's own words, until it runs. Undefined where it does not in time. */
export async function followToRunning(
  client: KubeClient,
  intent: KubeIntent,
  { signal, progress }: Pick<Listener, "signal" | "progress">,
): Promise<KubeIntent | undefined> {
  // Nobody waits any more, or the one of that name is still being given back.
  if (signal.aborted || (await readIntent(client, intent.metadata?.name ?? "")) !== undefined)
    return undefined;
  const created = await client.create<KubeIntent>(INTENTS, intent);
  let told = "";
  for await (const seen of changesOf(client, created, signal)) {
    const said = stepOf(seen);
    if (said !== undefined && said !== told) progress(`  ${said}`);
    told = said ?? told;
    if (seen.status?.phase === "Running") return seen;
  }
  return undefined;
}

/** Each state of an Intent that was just created, also those that are soon over. */
async function* changesOf(
  client: KubeClient,
  created: KubeIntent,
  signal: AbortSignal,
): AsyncGenerator<KubeIntent, void> {
  try {
    for await (const { type, object } of watchIntent(client, created, PATIENCE_SECONDS, signal))
      if (type === "ADDED" || type === "MODIFIED") yield object;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How far it has come; undefined before there is anything to tell. */
function stepOf(intent: KubeIntent | undefined): string | undefined {
  const { conditions = [], phase, placement } = intent?.status ?? {};
  if (phase === "Running") return `Running           ${placement?.node} of ${placement?.provider}`;
  const deployed = conditions.find(({ type }) => type === "Deployed");
  if (deployed === undefined || deployed.reason === "Pending") return undefined;
  return `${deployed.reason.padEnd(16)}  ${deployed.message}`;
}

type KubeEvent = KubeObject & {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly name?: string };
};

/** What the hub told of an Intent for that reason, as `kubectl describe` shows it. */
export async function toldOf(client: KubeClient, name: string, reason: string): Promise<readonly string[]> {
  const events = (await listAll(client, EVENTS)) as readonly KubeEvent[];
  return events
    .filter((event) => event.involvedObject?.name === name && event.reason === reason)
    .map(({ message = "" }) => message);
}
