import { NAMESPACES } from "../hub/engines/resources.ts";
import type { KubeObject } from "../kubernetes/objects.ts";
import type { DemoCluster } from "./demo-clusters.ts";
import type { DemoHub } from "./demo-hub.ts";
import { type IntentRow, intentTable, readIntents, submitIntents, waitFor } from "./demo-intents.ts";

/** What the story is told to. */
export interface Listener {
  readonly signal: AbortSignal;
  /** Takes tables. */
  readonly show: (text: string) => void;
  /** Takes sentences. */
  readonly progress: (text: string) => void;
}

export interface Story {
  /** Everything came as it should have. */
  readonly ok: boolean;
  /** The Intents where they were placed first. */
  readonly intents: readonly IntentRow[];
  /** The same after a provider was cut off and came back. */
  readonly afterCut: readonly IntentRow[];
}

/** The provider that is cut off: what runs there finds another place in the demo's clusters. */
const CUT_OFF = "gcp-europe";

/** Intents are placed, a provider is cut off, what ran there moves, the provider comes back. */
export async function tellStory(
  hub: DemoHub,
  clusters: readonly DemoCluster[],
  { signal, show, progress }: Listener,
): Promise<Story> {
  progress("Four Intents ask a hub for GPUs. What runs their pods only pretends to.");
  const intents = await submitIntents(hub.client, signal);
  show(intentTable(intents));
  for (const { name, waitsFor } of intents)
    if (waitsFor !== undefined) progress(`${name} waits in the queue: ${waitsFor}.`);
  if (signal.aborted) return { ok: false, intents, afterCut: [] };

  progress(
    `\nNow the network to ${CUT_OFF} breaks. What runs there is given ${hub.patienceMs / 1000} s (2 minutes by default), then another place.`,
  );
  hub.line(CUT_OFF)?.cut();
  const hasMoved = await waitFor(async () => isMoved(intents, await readIntents(hub.client)), signal);
  const moved = await readIntents(hub.client);
  show(intentTable(moved));

  progress(`\nThe network is mended: the hub removes what it had to leave behind in ${CUT_OFF}.`);
  hub.line(CUT_OFF)?.mend();
  const isClean = await waitFor(
    async () => (await readIntents(hub.client)).every(({ left }) => left === 0),
    signal,
  );
  const afterCut = await readIntents(hub.client);
  const placed = afterCut.filter(({ provider }) => provider !== undefined).length;
  const found = await countWorkloads(clusters);
  const isOnce = found === placed;
  progress(
    isClean && isOnce
      ? `Nothing is left, nothing runs twice: ${placed} Intents have a place, and there are ${found} workloads in all clusters.`
      : `That did not end well: ${placed} Intents have a place, but there are ${found} workloads in all clusters.`,
  );
  return { ok: hasMoved && isClean && isOnce, intents, afterCut };
}

/** Whether all that ran where the cut was run elsewhere. */
function isMoved(before: readonly IntentRow[], now: readonly IntentRow[]): boolean {
  const names = before.filter(({ provider }) => provider === CUT_OFF).map(({ name }) => name);
  return now
    .filter(({ name }) => names.includes(name))
    .every(({ phase, provider }) => phase === "Running" && provider !== CUT_OFF);
}

/** Namespaces that the hub made for Intents: each holds one workload. */
async function countWorkloads(clusters: readonly DemoCluster[]): Promise<number> {
  let count = 0;
  for (const { client } of clusters) {
    const query = { labelSelector: "app.kubernetes.io/managed-by=flare" };
    for await (const page of client.list<KubeObject>(NAMESPACES, query)) count += page.items.length;
  }
  return count;
}
