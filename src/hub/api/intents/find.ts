import { INTENTS, type IntentView, type KubeIntent, viewOf } from "../../intents/intent-view.ts";
import { notFound } from "../api-error.ts";
import type { Caller } from "../auth/authenticate.ts";
import { namespacesWith, type Permission } from "../auth/permissions.ts";
import { kubeFailure } from "../kube-failure.ts";
import type { ApiWorld } from "../world.ts";

const UID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Intents that are looked through for one that this replica does not know yet. */
const MOST = 500;

/**
 * The Intent of this id among those that the caller may do this with. Throws NOT_FOUND, in the same words for what is
 * not there and for what is somebody else's.
 */
export async function findIntent(
  world: ApiWorld,
  { grant }: Caller,
  id: string,
  permission: Permission,
): Promise<IntentView> {
  const mine = namespacesWith(grant, permission);
  const known = world.intents.byUid(id);
  if (known !== undefined && mine.includes(known.namespace)) return known;
  // Another replica may have made it a moment ago.
  const found = known === undefined && UID.test(id) ? await lookFor(world, mine, id) : undefined;
  if (found === undefined) throw notFound("Intent");
  return found;
}

async function lookFor(
  { client, meaning }: ApiWorld,
  namespaces: readonly string[],
  id: string,
): Promise<IntentView | undefined> {
  let seen = 0;
  try {
    for (const namespace of namespaces)
      for await (const { items } of client.list<KubeIntent>(
        INTENTS,
        { namespace },
        { timeoutMs: 5000, retries: 0 },
      )) {
        const found = items.find(({ metadata }) => metadata?.uid === id);
        if (found !== undefined) return viewOf(asIntent(found), meaning.currency);
        seen += items.length;
        if (seen > MOST) return undefined;
      }
  } catch (error) {
    throw kubeFailure(error, "the Intents cannot be read");
  }
  return undefined;
}

/** The Intent as it is at the API server now, by a view that may be behind. Throws NOT_FOUND where it is gone. */
export async function readIntent(
  { client, meaning }: ApiWorld,
  { namespace, name, uid }: Pick<IntentView, "namespace" | "name" | "uid">,
): Promise<IntentView> {
  const object = await client
    .get<KubeIntent>(INTENTS, { namespace, name }, { timeoutMs: 5000 })
    .catch((error: unknown) => {
      throw kubeFailure(error, "the Intent cannot be read");
    });
  const view = viewOf(object, meaning.currency);
  if (view.uid !== uid) throw notFound("Intent");
  return view;
}

/** Lists leave kind and version out of their items. */
const asIntent = (item: KubeIntent): KubeIntent => ({
  ...item,
  apiVersion: "flare.clastix.io/v1alpha1",
  kind: "Intent",
});
