/** A hub that dies in the middle of its work, as its process would. */
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import type { Wrap } from "./intents-harness.ts";

/** What a dead process does. */
class Died extends Error {}

/** Events, what providers say of themselves and rounds of discovery are no part of an Intent's way. */
const counts = (resource: { readonly plural: string }): boolean =>
  !["events", "providers", "leases", "solvers", "discoveries"].includes(resource.plural);

/**
 * Counts the writes that belong to Intents and dies just before or after one of them, or when it is told to: from then on
 * nothing works.
 */
export function mortal(dieAt = Number.POSITIVE_INFINITY, when: "before" | "after" = "after") {
  let writes = 0;
  let isDead = false;
  const breathe = (): void => {
    if (isDead) throw new Died("the process is dead");
  };
  const isFatal = (resource: { readonly plural: string }): boolean => {
    if (!counts(resource)) return false;
    writes += 1;
    return writes === dieAt;
  };
  type Call<A extends unknown[], R> = (resource: { readonly plural: string }, ...args: A) => Promise<R>;
  const reading =
    <A extends unknown[], R>(call: Call<A, R>): Call<A, R> =>
    async (resource, ...args) => {
      breathe();
      const result = await call(resource, ...args);
      breathe();
      return result;
    };
  const writing =
    <A extends unknown[], R>(call: Call<A, R>): Call<A, R> =>
    async (resource, ...args) => {
      breathe();
      const isLast = isFatal(resource);
      if (isLast && when === "before") isDead = true;
      breathe();
      try {
        return await call(resource, ...args);
      } finally {
        // Also where it was refused, as being too late.
        if (isLast) isDead = true;
        breathe();
      }
    };
  const bound = (client: KubeClient, name: "get" | "apply" | "create" | "update" | "patch" | "delete") =>
    client[name].bind(client) as Call<never[], never>;
  const wrap: Wrap = (client) => ({
    ...client,
    get: reading(bound(client, "get")) as KubeClient["get"],
    apply: writing(bound(client, "apply")) as KubeClient["apply"],
    create: writing(bound(client, "create")) as KubeClient["create"],
    update: writing(bound(client, "update")) as KubeClient["update"],
    patch: writing(bound(client, "patch")) as KubeClient["patch"],
    delete: writing(bound(client, "delete")) as KubeClient["delete"],
  });
  const die = (): void => {
    isDead = true;
  };
  return { wrap, die, isDead: () => isDead };
}
