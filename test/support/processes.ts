import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";

/** A child process whose output goes to a log file and that never outlives this one. */
export interface Daemon {
  readonly name: string;
  readonly process: ChildProcess;
  /** Undefined while it runs; then the exit code or the signal's name. */
  exited(): string | undefined;
  /** SIGTERM, then SIGKILL after `graceMs`; 0 kills at once. Resolves when it is gone. */
  end(graceMs: number): Promise<void>;
}

/** Starts `command` with its output appended to `log`. */
export async function startDaemon(name: string, command: readonly string[], log: string): Promise<Daemon> {
  const [file = "", ...args] = command;
  const output = await open(log, "a");
  const child = spawn(file, args, { stdio: ["ignore", output.fd, output.fd] });
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  try {
    await once(child, "spawn");
  } finally {
    await output.close();
  }
  const exited = (): string | undefined => child.signalCode ?? child.exitCode?.toString();
  return { name, process: child, exited, end: (graceMs) => end(child, graceMs, exited) };
}

/** Starts it and awaits that `ready` says so. Throws with the tail of its log when it ends before, or takes too long. */
export async function startReadyDaemon(
  name: string,
  command: readonly string[],
  log: string,
  ready: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<Daemon> {
  const daemon = await startDaemon(name, command, log);
  const check = async (): Promise<boolean> => daemon.exited() !== undefined || (await ready());
  const timely = await eventually(name, check, timeoutMs).catch(() => false);
  if (timely && daemon.exited() === undefined) return daemon;
  const tail = (await readFile(log, "utf8")).split("\n").slice(-15).join("\n");
  const how = daemon.exited() ?? `not ready in ${timeoutMs / 1000} s`;
  await daemon.end(0);
  throw new Error(`${name} did not start (${how}):\n${tail}`);
}

async function end(child: ChildProcess, graceMs: number, exited: () => string | undefined): Promise<void> {
  if (exited() !== undefined) return;
  const gone = once(child, "exit");
  child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
  const timer = setTimeout(() => child.kill("SIGKILL"), Math.max(graceMs, 1));
  await gone;
  clearTimeout(timer);
}

/** Polls until `check` gives a value; fails with `what` after `timeoutMs`. Errors of `check` count as "not yet". */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
