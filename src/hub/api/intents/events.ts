import type { IntentView } from "../../intents/intent-view.ts";
import type { Caller } from "../auth/authenticate.ts";
import { namespacesWith } from "../auth/permissions.ts";
import type { ApiRequest, Reply, Route, ServerEvent } from "../route.ts";
import { createWatchman, enterStream, type Watchman } from "../streams.ts";
import type { ApiWorld } from "../world.ts";
import { findIntent } from "./find.ts";
import { etagOf, intentForm } from "./intent-form.ts";

/** A sign of life so often, with a look at whether the token still lets anybody in. */
const ALIVE_MS = 15_000;
/** Events that wait for a slow reader; a slower one is sent away, and comes back to the newest state. */
const MOST_WAITING = 64;

/** GET /intents/{intent_id}/events. */
export function eventsRoute(world: ApiWorld): Route {
  return {
    method: "GET",
    path: "/intents/{intent_id}/events",
    operationId: "watchIntent",
    summary:
      "Each change of the status of an Intent, as server-sent events; the state as it is now comes first",
    tag: "Intents",
    access: "intents:read",
    goesOn: true,
    answer: {
      status: 200,
      description:
        "Events `status`, each with an IntentStatus; `gone` when the Intent is not there any more.",
      type: "text/event-stream",
    },
    errors: ["NOT_FOUND"],
    handle: (request, caller) => watch(world, request, caller),
  };
}

async function watch(world: ApiWorld, request: ApiRequest, caller: Caller): Promise<Reply> {
  const view = await findIntent(world, caller, request.params.intent_id ?? "", "intents:read");
  const leave = enterStream(world, caller.grant.tenant);
  const stays = async (): Promise<boolean> => {
    const { grant } = await request.again();
    return namespacesWith(grant, "intents:read").includes(view.namespace);
  };
  const watchman = createWatchman(stays, ALIVE_MS);
  return { status: 200, events: eventsOf(world, view, { signal: request.signal(), watchman, leave }) };
}

interface Watching {
  readonly signal: AbortSignal;
  readonly watchman: Watchman;
  readonly leave: () => void;
}

async function* eventsOf(
  world: ApiWorld,
  first: IntentView,
  { signal, watchman, leave }: Watching,
): AsyncGenerator<ServerEvent | "alive"> {
  const states = queueStates(world, first, signal);
  let said = "";
  try {
    for (;;) {
      const state = await states.next();
      if (state === "ended" || !(await watchman.letsOn())) return;
      if (state === "quiet") yield "alive";
      else if (state === "gone") return yield { event: "gone", data: { intent_id: first.uid } };
      else {
        const event = statusEvent(world, state);
        const text = lasting(event.data);
        if (text !== said) yield event;
        said = text;
      }
    }
  } finally {
    states.close();
    leave();
  }
}

interface States {
  /** The next state; `quiet` where there is none for a while, `ended` where there will be none. */
  next(): Promise<IntentView | "gone" | "quiet" | "ended">;
  close(): void;
}

/** The states of an Intent as they come, the present one first. */
function queueStates(world: ApiWorld, first: IntentView, signal: AbortSignal): States {
  const waiting: (IntentView | "gone")[] = [world.intents.byUid(first.uid) ?? first];
  let ring: () => void = () => undefined;
  const push = (state: IntentView | "gone"): void => {
    // One more than may wait is enough to send the reader away.
    if (waiting.length <= MOST_WAITING) waiting.push(state);
    ring();
  };
  const unsubscribe = world.intents.subscribe((change) => {
    if (change.type !== "deleted" && change.value.uid === first.uid) push(change.value);
    if (change.type === "deleted" && change.previous.uid === first.uid) push("gone");
  });
  const stop = (): void => ring();
  signal.addEventListener("abort", stop);
  const isOver = (): boolean => signal.aborted || waiting.length > MOST_WAITING;
  return {
    next: async () => {
      if (!isOver() && waiting.length === 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ALIVE_MS);
          ring = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return isOver() ? "ended" : (waiting.shift() ?? "quiet");
    },
    close: () => {
      signal.removeEventListener("abort", stop);
      unsubscribe();
    },
  };
}

function statusEvent(world: ApiWorld, view: IntentView) {
  return { event: "status", id: etagOf(view).slice(1, -1), data: intentForm(view, world.now()) };
}

const PASSING: readonly string[] = ["current_cost", "runtime"];

/** What of a status is not changed by time alone. */
const lasting = (form: object): string =>
  JSON.stringify(Object.entries(form).filter(([name]) => !PASSING.includes(name)));
