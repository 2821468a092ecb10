import { destination, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";

/** What the program logs with: message last, facts first, `log.warn({ node }, "why")`. */
export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error">;

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Facts of every line. */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Where lines go; standard error by default, so that standard output stays the program's result. */
  readonly write?: (line: string) => void;
}

/** Names under which a secret could slip into a line, at the top and one level down. */
const SECRETS = [
  "token",
  "password",
  "secret",
  "authorization",
  "Authorization",
  "kubeconfigText",
  "clientKey",
];

/** Creates a logger of JSON lines. It writes synchronously: no worker thread, and nothing lost at exit. */
export function createLogger(options: LoggerOptions): Logger {
  const { write } = options;
  return pino(
    {
      level: options.level,
      base: options.base ?? null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    },
    write === undefined ? destination({ fd: 2, sync: true }) : { write },
  );
}
