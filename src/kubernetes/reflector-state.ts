import type { KubeError } from "./kube-error.ts";

/**
 * What a reflector is doing, for metrics, logs and tests. The usual way is LIST, SYNCED, CONNECT, WATCH, CLOSED,
 * RESUME, WATCH, ... A RESUME goes on from the last event and is no LIST; only EXPIRED and GARBLED lead to a new LIST.
 */
export type ReflectorState =
  | { readonly name: "LIST" }
  | { readonly name: "SYNCED"; readonly objects: number }
  | { readonly name: "CONNECT" | "RESUME"; readonly resourceVersion: string }
  | { readonly name: "WATCH" }
  | { readonly name: "CLOSED" }
  | { readonly name: FailureName; readonly error: KubeError }
  | { readonly name: "BACKOFF"; readonly delayMs: number }
  | { readonly name: "STOPPED" };

/**
 * EXPIRED: our resourceVersion is too old (410). SILENT: the connection froze. BROKEN: it was cut, or could not be
 * made. GARBLED: what came is no Kubernetes event. REFUSED: the server said no (401, 403, 429, 5xx).
 */
export type FailureName = "EXPIRED" | "SILENT" | "BROKEN" | "GARBLED" | "REFUSED";

export type ReflectorStateName = ReflectorState["name"];

/** The failure that an error of list or watch amounts to. */
export function failureName(error: KubeError): FailureName {
  switch (error.code) {
    case "gone":
      return "EXPIRED";
    case "silent":
      return "SILENT";
    case "protocol":
    case "too-large":
      return "GARBLED";
    default:
      return error.status === undefined ? "BROKEN" : "REFUSED";
  }
}

/**
 * What is worth a warning: no end of an old watch, and no silence either, after which the watch is simply resumed. Old servers
 * say nothing of what does not change; where the server is away, the resumption fails, and that is told.
 */
export function troubleIn(state: ReflectorState): KubeError | undefined {
  if (!("error" in state) || state.name === "EXPIRED" || state.name === "SILENT") return undefined;
  return state.error;
}
