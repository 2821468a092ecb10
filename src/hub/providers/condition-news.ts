import type { EventMessage } from "../../kubernetes/event-recorder.ts";

interface Seen {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Not a failure but the way to something: what comes of it is told. */
const ON_THE_WAY: readonly string[] = ["Listing"];
/** Closed because somebody wanted it. */
const WANTED: readonly string[] = ["Leaving", "Paused"];

/** What is worth telling of how a provider's conditions changed: each that has another status, or another reason for it. */
export function conditionNews(before: readonly Seen[], now: readonly Seen[]): readonly EventMessage[] {
  const isNews = ({ type, status, reason }: Seen): boolean => {
    const known = before.find((condition) => condition.type === type);
    const isSame = known?.status === status && known.reason === reason;
    return !isSame && status !== "Unknown" && !ON_THE_WAY.includes(reason);
  };
  const isClosed = (conditions: readonly Seen[]): boolean => conditions.some(({ type }) => type === "Closed");
  const opened: readonly EventMessage[] =
    isClosed(before) && !isClosed(now)
      ? [{ type: "Normal", reason: "Opened", message: "nothing keeps it closed any more" }]
      : [];
  return [...now.filter(isNews).map(asEvent), ...opened];
}

function asEvent({ type, status, reason, message }: Seen): EventMessage {
  const isGood = type === "Closed" ? WANTED.includes(reason) : status === "True";
  return { type: isGood ? "Normal" : "Warning", reason, message };
}
