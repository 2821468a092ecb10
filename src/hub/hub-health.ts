import type { Health } from "../observability/health-server.ts";

/** Keeps what /healthz and /readyz of a hub answer. */
export interface HubHealth {
  /** How things stand with leading: waiting for the lease, leading, or lost. */
  leading(state: "waiting" | "starting" | "leading"): void;
  holder(identity: string): void;
  healthy(): Health;
  ready(): Health;
}

/** A process whose event loop stands still answers nothing at all, so that answering is what being alive means. */
export function createHubHealth(): HubHealth {
  let state: "waiting" | "starting" | "leading" = "waiting";
  let leader = "";
  return {
    leading: (next) => {
      state = next;
    },
    holder: (identity) => {
      leader = identity;
    },
    healthy: () => ({ ok: true }),
    ready: () => {
      if (state === "leading") return { ok: true, message: "leading" };
      if (state === "starting") return { ok: false, message: "elected; the providers were not read yet" };
      // A replica that stands by is ready for what it is there for: to take over.
      if (leader !== "") return { ok: true, message: `standing by for ${leader}` };
      return { ok: false, message: "the lease was not read yet" };
    },
  };
}
