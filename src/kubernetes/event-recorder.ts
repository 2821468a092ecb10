import { createHash } from "node:crypto";
import type { KubeClient } from "./kube-client.ts";
import { isKubeError } from "./kube-error.ts";
import { EVENTS } from "./objects.ts";

/** The object that an Event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
}

export interface EventMessage {
  readonly type: "Normal" | "Warning";
  /** One CamelCase word that people can filter on. */
  readonly reason: string;
  readonly message: string;
}

export interface RecorderOptions {
  readonly client: Pick<KubeClient, "create" | "patch">;
  /** Who reports: `flare-agent`. */
  readonly component: string;
  /** Which one of them: the node or pod. */
  readonly instance: string;
  /** Failures to record; told, never thrown. */
  readonly onError: (error: unknown) => void;
  readonly now?: () => number;
  /** Events of one subject at once, and how long until one more may follow (ms). Default 12 and a minute. */
  readonly burst?: number;
  readonly refillMs?: number;
}

/**
 * Records core/v1 Events: what `kubectl describe` shows. Repetitions are counted, floods dropped, of each subject by
 * itself; it never throws.
 */
export interface EventRecorder {
  record(subject: EventSubject, event: EventMessage): void;
  /** Resolves when everything recorded so far was sent or given up. */
  flush(): Promise<void>;
}

/** The same Event is written again after this long at the earliest. */
const REPEAT_MS = 10 * 60_000;
/** Token bucket of each subject: so many at once, then one a minute. */
const BURST = 12;
const REFILL_MS = 60_000;
/** Events, and subjects, of which it is known what was written. Beyond that, the first ones are forgotten. */
const REMEMBERED = 4096;
/** Events that wait to be written, one after the other: news, which may get lost rather than pile up. */
const MOST_WAITING = 1000;

/** Creates a recorder. Cluster-wide subjects such as Nodes get their Events in namespace `default`, as kubelet's do. */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  const now = options.now ?? Date.now;
  const seen = new Map<string, { count: number; writtenAt: number }>();
  const buckets = new Map<string, () => boolean>();
  let chain: Promise<void> = Promise.resolve();
  let waiting = 0;

  const takeToken = ({ kind, namespace = "", name }: EventSubject): boolean => {
    const key = `${kind}/${namespace}/${name}`;
    const bucket =
      buckets.get(key) ?? createBucket(now, options.burst ?? BURST, options.refillMs ?? REFILL_MS);
    remember(buckets, key, bucket);
    return bucket();
  };

  const record = (subject: EventSubject, event: EventMessage): void => {
    const name = eventName(subject, event);
    const known = seen.get(name) ?? { count: 0, writtenAt: Number.NEGATIVE_INFINITY };
    const count = known.count + 1;
    // A clock that was set back an hour must not silence an Event for an hour.
    const isNews = Math.abs(now() - known.writtenAt) >= REPEAT_MS;
    const due = isNews && waiting < MOST_WAITING && takeToken(subject);
    remember(seen, name, { count, writtenAt: due ? now() : known.writtenAt });
    if (!due) return;
    waiting += 1;
    chain = chain
      .then(() => write(options, subject, event, { name, count, at: now() }))
      .finally(() => {
        waiting -= 1;
      });
  };
  return { record, flush: () => chain };
}

/** Puts it in as the newest; the oldest makes room. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}

function createBucket(now: () => number, burst: number, refillMs: number): () => boolean {
  let tokens = burst;
  let filledAt = now();
  return () => {
    filledAt = Math.min(filledAt, now());
    const refill = Math.floor((now() - filledAt) / refillMs);
    if (refill > 0) {
      tokens = Math.min(burst, tokens + refill);
      filledAt += refill * refillMs;
    }
    if (tokens === 0) return false;
    tokens -= 1;
    return true;
  };
}

interface Occurrence {
  readonly name: string;
  readonly count: number;
  readonly at: number;
}

async function write(
  options: RecorderOptions,
  subject: EventSubject,
  event: EventMessage,
  occurrence: Occurrence,
): Promise<void> {
  const namespace = subject.namespace ?? "default";
  const at = new Date(occurrence.at).toISOString().replace(/\.\d+Z$/, "Z");
  const repeated = { count: occurrence.count, lastTimestamp: at };
  try {
    await options.client.create(EVENTS, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: occurrence.name, namespace },
      ...bodyOf(options, subject, event),
      firstTimestamp: at,
      ...repeated,
    } as object);
  } catch (error) {
    if (!isKubeError(error, "conflict")) return options.onError(error);
    // Written before, perhaps by the process that ran before us: the name is made from the content.
    await options.client.patch(EVENTS, { name: occurrence.name, namespace }, repeated).catch(options.onError);
  }
}

function bodyOf(options: RecorderOptions, subject: EventSubject, event: EventMessage): object {
  return {
    involvedObject: subject,
    type: event.type,
    reason: event.reason,
    message: event.message.slice(0, 1024),
    source: { component: options.component, host: options.instance },
    reportingComponent: options.component,
    reportingInstance: options.instance,
  };
}

/** The API server takes no longer one. */
const LONGEST_NAME = 253;

/** The same Event has the same name on every run, so that restarts repeat it instead of adding another. */
function eventName(subject: EventSubject, event: EventMessage): string {
  const content = `${subject.kind}/${subject.uid ?? ""}/${event.type}/${event.reason}/${event.message}`;
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  return `${subject.name.slice(0, LONGEST_NAME - hash.length - 1).replace(/[^a-z0-9]+$/, "")}.${hash}`;
}
