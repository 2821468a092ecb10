import type { KubeClient } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";

/**
 * The client with its writes fenced: while `mayWrite` says no, each of them fails with `aborted` and nothing is sent.
 * Reading goes on. Closing the fenced client closes the client.
 */
export function fenceClient(client: KubeClient, mayWrite: () => boolean): KubeClient {
  const fenced = <R>(write: () => Promise<R>): Promise<R> =>
    mayWrite()
      ? write()
      : Promise.reject(
          new KubeError("aborted", "this process is not the leader any more: nothing was written"),
        );
  return {
    ...client,
    apply: (resource, object, options) => fenced(() => client.apply(resource, object, options)),
    patch: (resource, target, patch, options) => fenced(() => client.patch(resource, target, patch, options)),
    create: (resource, object, options) => fenced(() => client.create(resource, object, options)),
    update: (resource, object, options) => fenced(() => client.update(resource, object, options)),
    delete: (resource, target, options) => fenced(() => client.delete(resource, target, options)),
  };
}
