import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { createServer } from "node:net";

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

async function end(child: ChildProcess, graceMs: number, exited: () => string | undefined): Promise<void> {
  if (exited() !== undefined) return;
  const gone = once(child, "exit");
  child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
  const timer = setTimeout(() => child.kill("SIGKILL"), Math.max(graceMs, 1));
  await gone;
  clearTimeout(timer);
}

/** Free loopback ports, all different. Another process may take one before it is used: callers retry. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
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
