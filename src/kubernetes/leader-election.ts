import { isKubeError } from "./kube-error.ts";
import {
  givenBack,
  heldBy,
  holderOf,
  type KubeLease,
  type LeaseClient,
  readLease,
  writeLease,
} from "./lease.ts";
import { sleep as realSleep, type Sleep } from "./timing.ts";

export interface LeaderElectionOptions {
  readonly client: LeaseClient;
  readonly namespace: string;
  readonly name: string;
  /** Who we are: unique for each process, also for two that run in one pod after each other. */
  readonly identity: string;
  /** Others may take over when they have seen no sign of life for so long. Default 15 s. */
  readonly leaseMs?: number;
  /** A leader that could not renew for so long is none any more. Less than `leaseMs`. Default 10 s. */
  readonly renewDeadlineMs?: number;
  /** How often the lease is looked at, and renewed. Default 2 s. */
  readonly retryMs?: number;
  /** Failures to read or write the lease; told, never thrown. */
  readonly onError: (error: unknown) => void;
  /** Told when the holder changes; "" for nobody. */
  readonly onHolder?: (identity: string) => void;
  /** Milliseconds that never go back. Default `performance.now()`. */
  readonly now?: () => number;
  /** Milliseconds since 1970, for what is written and nothing else. */
  readonly wallClock?: () => number;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** One candidate for a Lease. */
export interface LeaderElector {
  /**
   * True while nobody else can have taken over: until `renewDeadlineMs` after the last successful renewal was begun.
   * To be asked before every write. Clocks of different machines are never compared.
   */
  isLeader(): boolean;
  /** Who holds the lease as far as we know; "" for nobody. */
  holder(): string;
  /**
   * Campaigns until the signal aborts. While elected, `lead` runs with a signal that aborts when leadership is lost, and
   * is awaited before the next campaign. At the end the lease is given back. Throws what `lead` throws.
   */
  run(signal: AbortSignal, lead: (term: AbortSignal) => Promise<void>): Promise<void>;
}

/** What SIGTERM leaves for giving the lease back. */
const GIVE_BACK_MS = 400;

/** Creates a candidate; nothing happens before `run`. */
export function createLeaderElector(options: LeaderElectionOptions): LeaderElector {
  const { renewDeadlineMs = 10_000, retryMs = 2000 } = options;
  const { now = () => performance.now(), random = Math.random, sleep = realSleep } = options;
  const candidate = createCandidate({ ...options, renewDeadlineMs, now });

  const attempt = async (signal: AbortSignal, withinMs: number): Promise<void> => {
    const settled = new AbortController();
    const work = candidate
      .attempt({ signal, timeoutMs: Math.max(1, withinMs), retries: 0 })
      .catch((error) => {
        if (!signal.aborted) options.onError(error);
      });
    // Not even credentials that do not come may hold a leader in office.
    await Promise.race([work, sleep(withinMs, settled.signal)]);
    settled.abort();
  };
  const leadWhile = async (
    signal: AbortSignal,
    lead: (term: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const term = new AbortController();
    const over = new AbortController();
    const leave = (): void => term.abort();
    signal.addEventListener("abort", leave, { once: true });
    term.signal.addEventListener("abort", () => over.abort(), { once: true });
    const work = lead(term.signal).finally(() => over.abort());
    while (candidate.leftMs() > 0 && !over.signal.aborted) {
      await sleep(Math.min(retryMs, candidate.leftMs()), over.signal);
      if (!over.signal.aborted) await attempt(over.signal, candidate.leftMs());
    }
    term.abort();
    signal.removeEventListener("abort", leave);
    await work;
  };
  return {
    isLeader: () => candidate.leftMs() > 0,
    holder: () => candidate.holder(),
    run: async (signal, lead) => {
      try {
        while (!signal.aborted) {
          await attempt(signal, renewDeadlineMs);
          if (candidate.leftMs() > 0 && !signal.aborted) await leadWhile(signal, lead);
          if (!signal.aborted) await sleep(retryMs * (1 + random() / 5), signal);
        }
      } finally {
        await candidate.giveBack({ timeoutMs: GIVE_BACK_MS, retries: 0 }).catch(options.onError);
      }
    },
  };
}

interface Call {
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
  readonly retries: number;
}

interface Candidate {
  /** Takes or renews the lease where it is free or ours. Throws what the server answers. */
  attempt(call: Call): Promise<void>;
  /** Milliseconds for which we are certain to be the leader. */
  leftMs(): number;
  holder(): string;
  giveBack(call: Call): Promise<void>;
}

type CandidateOptions = LeaderElectionOptions &
  Required<Pick<LeaderElectionOptions, "renewDeadlineMs" | "now">>;

function createCandidate(options: CandidateOptions): Candidate {
  const { client, identity, leaseMs = 15_000, renewDeadlineMs, now, wallClock = Date.now } = options;
  if (renewDeadlineMs >= leaseMs) throw new Error("the renew deadline must be shorter than the lease");
  const target = { namespace: options.namespace, name: options.name };
  let lease: KubeLease | undefined;
  /** When we saw the lease change last. Its own renewTime is another machine's clock. */
  let changedAt = Number.NEGATIVE_INFINITY;
  /** Whether `lease` may be written over without looking again. */
  let known = false;
  let renewedAt = Number.NEGATIVE_INFINITY;

  const leftMs = (): number => Math.max(0, renewedAt + renewDeadlineMs - now());
  const observe = (seen: KubeLease | undefined): void => {
    const before = holderOf(lease);
    if (JSON.stringify(seen?.spec) !== JSON.stringify(lease?.spec)) changedAt = now();
    lease = seen;
    known = true;
    if (holderOf(seen) !== before) options.onHolder?.(holderOf(seen));
  };
  const isTaken = (): boolean => {
    const holder = holderOf(lease);
    const lastsMs = (lease?.spec?.leaseDurationSeconds ?? leaseMs / 1000) * 1000;
    return holder !== "" && holder !== identity && now() < changedAt + lastsMs;
  };
  const attempt = async (call: Call): Promise<void> => {
    const begunAt = now();
    if (!known || leftMs() === 0) observe(await readLease(client, target, call));
    if (isTaken()) {
      renewedAt = Number.NEGATIVE_INFINITY;
      return;
    }
    known = false;
    const spec = heldBy(identity, lease?.spec, { leaseMs, at: wallClock() });
    observe(await writeLease(client, target, lease, spec, call));
    renewedAt = begunAt;
  };
  return {
    leftMs,
    holder: () => holderOf(lease),
    attempt: async (call) => {
      try {
        await attempt(call);
      } catch (error) {
        if (!isKubeError(error, "conflict")) throw error;
        // Somebody wrote meanwhile: another candidate, or a person's label. Looking again tells which.
        await attempt(call).catch((again: unknown) => {
          if (!isKubeError(again, "conflict")) throw again;
        });
      }
    },
    giveBack: async (call) => {
      if (leftMs() === 0 || lease === undefined) return;
      renewedAt = Number.NEGATIVE_INFINITY;
      await writeLease(client, target, lease, givenBack(lease.spec, wallClock()), call);
    },
  };
}
