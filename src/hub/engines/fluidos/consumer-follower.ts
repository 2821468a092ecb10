import { sleep } from "../../../kubernetes/timing.ts";
import type { ProviderDirectory } from "../../providers/directory.ts";
import type { EngineNews } from "../engine.ts";
import type { ConsumerView } from "./consumer-view.ts";

const FOLLOW_MS = 1000;

/**
 * Tells of news in the views of all federations until the signal aborts. A view comes and goes with its connection, also
 * without word: when a kubeconfig is read at last.
 */
export async function followConsumers(
  providers: Pick<ProviderDirectory, "all" | "subscribe">,
  tell: (news: EngineNews) => void,
  signal: AbortSignal,
): Promise<void> {
  const followed = new Map<string, { readonly view: ConsumerView; readonly end: () => void }>();
  const follow = (): void => {
    const views = new Map(providers.all().map((entry) => [entry.name, entry.consumer?.()]));
    for (const [provider, { view, end }] of followed) {
      if (views.get(provider) === view) continue;
      end();
      followed.delete(provider);
    }
    for (const [provider, view] of views) {
      if (view === undefined || followed.has(provider)) continue;
      const end = view.subscribe(({ uid }) => uid !== undefined && tell({ uid }));
      followed.set(provider, { view, end });
      tell({ provider });
    }
  };
  const unsubscribe = providers.subscribe(follow);
  while (!signal.aborted) {
    follow();
    await sleep(FOLLOW_MS, signal);
  }
  unsubscribe();
  for (const { end } of followed.values()) end();
}
