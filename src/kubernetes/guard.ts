import { KubeError } from "./kube-error.ts";

/** Watches over one request: turns an abort or a deadline into a call of `stop`, once. */
export interface Guard {
  /** What to stop; called at once when it is too late already. The latest one counts. */
  onStop(stop: (error: KubeError) => void): void;
  /** Ends the deadline and keeps listening to the abort: for streams whose answer has begun. */
  clearDeadline(): void;
  dispose(): void;
}

/** Creates a guard. `what` names the request in errors; `timeoutMs` counts from now. */
export function createGuard(what: string, timeoutMs: number, signal: AbortSignal | undefined): Guard {
  let stop: ((error: KubeError) => void) | undefined;
  let stopped: KubeError | undefined;
  const halt = (error: KubeError): void => {
    if (stopped !== undefined) return;
    stopped = error;
    stop?.(error);
  };
  const abort = (): void => halt(new KubeError("aborted", `${what}: aborted`, { cause: signal?.reason }));
  const timer = setTimeout(
    () => halt(new KubeError("timeout", `${what}: no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return {
    onStop: (next) => {
      stop = next;
      if (stopped !== undefined) next(stopped);
    },
    clearDeadline: () => clearTimeout(timer),
    dispose: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      stop = undefined;
    },
  };
}
