import type { ServerResponse } from "node:http";
import { ApiError } from "./errors.ts";
import { asObject } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import type { KubeObject } from "./object.ts";
import { isTrue } from "./request.ts";
import type { WatchSet } from "./watches.ts";
import { find, type WriteTarget } from "./writes.ts";

/** No kubelet is here, so that what a pod's containers have written is what this annotation of it says. */
export const LOG_ANNOTATION = "sandbox.flare.clastix.io/log";

/** Streams the log of a pod, and with `follow` what comes after, until the pod has ended or the client leaves. */
export function sendPodLog(
  kernel: Kernel,
  target: WriteTarget,
  response: ServerResponse,
  { query, watches }: { readonly query: URLSearchParams; readonly watches: WatchSet },
): void {
  const pod = find(kernel, target);
  const whole = logOf(pod);
  if (whole === undefined)
    throw new ApiError(
      400,
      "BadRequest",
      `container "${query.get("container") ?? "main"}" in pod "${target.name}" is waiting to start: ContainerCreating`,
    );
  response.writeHead(200, { "content-type": "text/plain" });
  response.write(tailOf(whole, query));
  if (!isTrue(query.get("follow")) || hasEnded(pod)) {
    response.end();
    return;
  }
  let sent = whole.length;
  const stop = kernel.store.subscribe(({ resource, object, type }) => {
    if (resource !== target.type.storage || object.metadata.uid !== pod.metadata.uid) return;
    const now = logOf(object) ?? "";
    if (now.length > sent) response.write(now.slice(sent));
    sent = Math.max(sent, now.length);
    if (type === "DELETED" || hasEnded(object)) response.end();
  });
  const forget = watches.add(() => response.destroy());
  response.on("close", () => {
    stop();
    forget();
  });
}

const logOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[LOG_ANNOTATION];

const hasEnded = ({ status }: KubeObject): boolean => {
  const { phase } = asObject(status);
  return phase === "Succeeded" || phase === "Failed";
};

function tailOf(text: string, query: URLSearchParams): string {
  const lines = query.get("tailLines");
  const bytes = query.get("limitBytes");
  const ended = text.endsWith("\n");
  const all = (ended ? text.slice(0, -1) : text).split("\n");
  const kept = lines === null ? all : Number(lines) === 0 ? [] : all.slice(-Number(lines));
  const told = kept.length === 0 ? "" : kept.join("\n") + (ended ? "\n" : "");
  return bytes === null ? told : told.slice(0, Number(bytes));
}
