import { InvalidArgumentError, Option } from "commander";
import { LOG_LEVELS } from "../observability/logger.ts";

/** Where a process serves its metrics and health, or that it does not. */
export type Listen = { readonly host: string; readonly port: number } | "off";

/** `--listen`, with the port where nothing is said. */
export const listenFlag = (port: number): Option =>
  new Option("--listen <host:port>", 'where /metrics, /healthz and /readyz are served, or "off"')
    .env("FLARE_LISTEN")
    .argParser((text) => parseListen(text, port))
    .default({ host: "", port }, `:${port}`);

export const logLevelFlag = (): Option =>
  new Option("--log-level <level>", "least severe lines to log")
    .env("FLARE_LOG_LEVEL")
    .choices(LOG_LEVELS)
    .default("info");

function parseListen(text: string, example: number): Listen {
  if (text === "off") return "off";
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? "", port };
  throw new InvalidArgumentError(
    `Write it as :${example}, 127.0.0.1:${example} or [::1]:${example}, or "off".`,
  );
}
