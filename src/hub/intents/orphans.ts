import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { FoundPlace } from "../engines/engine.ts";
import { INTENTS, type KubeIntent, viewOf } from "./intent-view.ts";
import { heldNamespaces } from "./places.ts";
import type { World } from "./world.ts";

/**
 * Removes what no Intent knows of any more: an earlier leader's last write, a provider that came back after its Intent
 * was let go. The API is asked before anything is removed, not a cache.
 */
export async function sweep(
  world: World,
  signal: AbortSignal,
  places: readonly FoundPlace[] = world.engine.found(),
): Promise<void> {
  for (const place of places) {
    const known = world.store.byUid(place.uid);
    if (known !== undefined && heldNamespaces(known.status).includes(place.namespace)) continue;
    try {
      if (await isWanted(world, place, signal)) continue;
      const [namespace = "", name = ""] = place.key.split("/");
      await world.engine.release({ uid: place.uid, namespace, name }, place, signal);
      const { provider, namespace: removed, key } = place;
      world.context.log.info(
        { audit: true, intent: key, uid: place.uid, action: "OrphanRemoved", provider },
        `removed namespace ${removed} of provider ${provider}: no Intent needs it any more`,
      );
    } catch (error) {
      if (signal.aborted) return;
      world.context.log.warn(
        { ...place, error: String(error) },
        "an orphan could not be removed; it is tried again",
      );
    }
  }
}

async function isWanted(
  { context, options }: World,
  place: FoundPlace,
  signal: AbortSignal,
): Promise<boolean> {
  const [namespace = "", name = ""] = place.key.split("/");
  if (namespace === "" || name === "") return true;
  try {
    const found = viewOf(
      await context.client.get<KubeIntent>(INTENTS, { namespace, name }, { signal }),
      options.currency,
    );
    return found.uid === place.uid && heldNamespaces(found.status).includes(place.namespace);
  } catch (error) {
    if (isKubeError(error, "not-found")) return false;
    throw error;
  }
}
