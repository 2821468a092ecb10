import type { ReflectorState } from "../kubernetes/reflector-state.ts";
import type { Logger } from "../observability/logger.ts";

/** Logs a watch's trouble once, and its end once; the usual ways of a watch (CLOSED, SILENT, RESUME) only for debugging. */
export function createWatchLog(log: Logger, watch: string): (state: ReflectorState) => void {
  let trouble = "";
  return (state) => {
    if (
      (state.name === "BROKEN" || state.name === "REFUSED" || state.name === "GARBLED") &&
      trouble !== state.error.message
    ) {
      trouble = state.error.message;
      log.warn({ watch, state: state.name }, trouble);
    } else if (state.name === "WATCH" && trouble !== "") {
      trouble = "";
      log.info({ watch }, "the watch works again");
    } else {
      log.debug({ watch, state: state.name }, "watch");
    }
  };
}
