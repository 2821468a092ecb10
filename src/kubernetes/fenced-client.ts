import type { KubeClient } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";

/**
 * The client with its writes fenced: while `mayWrite` says no, each of them fails with `aborted` and nothing is sent.
 * Reading goes on. Closing the fenced client closes the client.
 */
export function fenceClient(client: KubeClient, mayWrite: () => boolean): KubeClient {
  const fenced =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      mayWrite()
        ? write(...args)
        : Promise.reject(
            new KubeError("aborted", "this process is not the leader any more: nothing was written"),
          );
  return {
    ...client,
    apply: fenced(client.apply) as KubeClient["apply"],
    patch: fenced(client.patch) as KubeClient["patch"],
    create: fenced(client.create) as KubeClient["create"],
    update: fenced(client.update) as KubeClient["update"],
    delete: fenced(client.delete),
  };
}
