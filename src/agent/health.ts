import type { Health } from "../observability/health-server.ts";
import { formatDuration } from "../units/duration.ts";

/** Keeps what /healthz and /readyz answer. */
export interface AgentHealth {
  /** Something happened: a watch event or state, a pass. */
  signOfLife(): void;
  /** How things stand after the last pass, or why there was none. */
  report(ready: boolean, message: string): void;
  /** Why there was no pass yet; once there was one, a watch in trouble does not make its work undone. */
  waiting(message: string): void;
  healthy(): Health;
  ready(): Health;
}

/** Creates the health of an agent that has done nothing yet; alive means a sign of life within `limitMs`. */
export function createAgentHealth(limitMs: number, now: () => number): AgentHealth {
  let lastSign = now();
  let state: Health = { ok: false, message: "starting: the node was not read yet" };
  return {
    signOfLife: () => {
      lastSign = now();
    },
    report: (ok, message) => {
      lastSign = now();
      state = { ok, message };
    },
    waiting: (message) => {
      if (!state.ok) state = { ok: false, message };
    },
    healthy: () =>
      now() - lastSign <= limitMs
        ? { ok: true }
        : {
            ok: false,
            message: `no sign of life for ${formatDuration(now() - lastSign)}: neither a watch nor a pass`,
          },
    ready: () => state,
  };
}
