/** When the slow full pass runs: every so often with jitter, or by a cron expression (UTC). */
export type Schedule = { readonly everyMs: number } | { readonly cron: string };

/** A tenth to either side, so that the agents of a cluster do not work in step. */
const JITTER = 0.1;

/** Runs `work` by the schedule until the signal aborts. node-cron is loaded only for a cron expression: it costs memory. */
export async function startSchedule(
  schedule: Schedule,
  work: () => void,
  signal: AbortSignal,
  random: () => number = Math.random,
): Promise<void> {
  if ("everyMs" in schedule) {
    startInterval(schedule.everyMs, work, signal, random);
    return;
  }
  const { schedule: start } = await import("node-cron");
  if (signal.aborted) return;
  const task = start(schedule.cron, work, { timezone: "Etc/UTC", noOverlap: true, maxRandomDelay: 30_000 });
  signal.addEventListener("abort", () => void task.destroy(), { once: true });
}

/** What is wrong with a cron expression, or undefined. */
export async function cronProblem(expression: string): Promise<string | undefined> {
  const { validate } = await import("node-cron");
  return validate(expression)
    ? undefined
    : `"${expression}" is no cron expression such as "0 3 * * *" (minute hour day month weekday)`;
}

function startInterval(everyMs: number, work: () => void, signal: AbortSignal, random: () => number): void {
  const next = (): number => everyMs * (1 - JITTER + 2 * JITTER * random());
  let timer = setTimeout(function tick() {
    timer = setTimeout(tick, next());
    work();
  }, next());
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}
