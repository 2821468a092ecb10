import { existsSync } from "node:fs";
import { InvalidArgumentError, Option } from "commander";
import { AGENT_DEFAULTS, type AgentOptions } from "../agent/options.ts";
import type { Schedule } from "../agent/schedule.ts";
import type { LogLevel } from "../observability/logger.ts";
import { formatDuration, parseDuration } from "../units/duration.ts";
import { type Listen, listenFlag, logLevelFlag } from "./process-flags.ts";

/** The flags of `flare agent` as commander hands them over. */
export interface AgentFlags {
  readonly node?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly siteConfig?: SiteConfig;
  readonly mappings?: string;
  readonly gracePeriod: number;
  readonly fullPass: number;
  readonly fullPassCron?: string;
  readonly watchSilence: number;
  readonly debounce: number;
  readonly maxWait: number;
  readonly hostRoot?: string;
  readonly hardware: boolean;
  readonly dra: boolean;
  readonly aliases: boolean;
  readonly fluidosLabel?: boolean;
  readonly listen: Listen;
  readonly logLevel: LogLevel;
}

type SiteConfig = { readonly namespace: string; readonly name: string } | "none";

const DEFAULT_PORT = 9464;
const SITE_CONFIG = "flare-site";
const MINUTE = 60_000;
/** Timers of Node.js count to 24 days; what is longer would fire at once. */
const LONGEST = 20 * 24 * 60 * MINUTE;

/** All flags, each with its environment variable. */
export function agentFlags(): readonly Option[] {
  const { graceMs, schedule, silenceMs, debounceMs, maxWaitMs } = AGENT_DEFAULTS;
  return [
    new Option("--node <name>", "the Node to describe").env("NODE_NAME").argParser(nodeName),
    new Option("--kubeconfig <file>", "kubeconfig; default KUBECONFIG, ~/.kube/config, or the pod's account"),
    new Option("--context <name>", "context of the kubeconfig").env("FLARE_CONTEXT"),
    new Option("--once", "one pass, then end; withdraws nothing unless --grace-period is 0"),
    new Option("--dry-run", "print what would be applied, write nothing"),
    new Option(
      "--site-config <namespace/name>",
      `ConfigMap with the site's tables, or "none"; default in a pod: ${SITE_CONFIG}`,
    )
      .env("FLARE_SITE_CONFIG")
      .argParser(siteConfig),
    new Option("--mappings <folder>", "folder with the site's tables").env("FLARE_MAPPINGS"),
    duration("--grace-period", "how long annotations stay after the GPUs are gone", graceMs, {
      env: "FLARE_GRACE_PERIOD",
      least: 0,
    }),
    duration("--full-pass", "how often hardware and folders are read again", schedule.everyMs, {
      env: "FLARE_FULL_PASS",
      least: MINUTE,
    }),
    new Option(
      "--full-pass-cron <expression>",
      "when instead of how often: minute hour day month weekday, UTC",
    ).env("FLARE_FULL_PASS_CRON"),
    duration("--watch-silence", "a watch that is silent for so long is opened anew", silenceMs, {
      env: "FLARE_WATCH_SILENCE",
      least: 5000,
    }),
    duration("--debounce", "quiet time before changes are acted on", debounceMs, {
      env: "FLARE_DEBOUNCE",
      least: 0,
    }),
    duration("--max-wait", "longest wait while changes keep coming", maxWaitMs, {
      env: "FLARE_MAX_WAIT",
      least: 0,
    }),
    new Option(
      "--host-root <folder>",
      "where the host's file system is; default /host if /host/sys is there, else /",
    ).env("FLARE_HOST_ROOT"),
    new Option("--no-hardware", "do not look at the machine's PCI devices and NICs"),
    new Option("--no-dra", "do not read ResourceSlices"),
    new Option("--no-aliases", "publish canonical keys only"),
    new Option(
      "--fluidos-label",
      "also set node-role.fluidos.eu/resources=true, by which FLUIDOS picks nodes to offer",
    ).env("FLARE_FLUIDOS_LABEL"),
    listenFlag(DEFAULT_PORT),
    logLevelFlag(),
  ];
}

/** The agent's options of checked flags. Throws an Error with the fix where no node is named. */
export function toAgentOptions(
  flags: AgentFlags,
  env: Readonly<Record<string, string | undefined>>,
): AgentOptions {
  if (flags.node === undefined) {
    throw new Error(
      "which node? Give --node NAME or set NODE_NAME (in a pod: valueFrom.fieldRef.fieldPath: spec.nodeName)",
    );
  }
  const schedule: Schedule =
    flags.fullPassCron === undefined ? { everyMs: flags.fullPass } : { cron: flags.fullPassCron };
  return {
    node: flags.node,
    once: flags.once === true,
    dryRun: flags.dryRun === true,
    graceMs: flags.gracePeriod,
    debounceMs: flags.debounce,
    maxWaitMs: flags.maxWait,
    silenceMs: flags.watchSilence,
    schedule,
    hostRoot: flags.hardware ? (flags.hostRoot ?? defaultHostRoot()) : undefined,
    dra: flags.dra,
    overlayConfigMap: siteConfigOf(flags.siteConfig, env),
    overlayFolder: flags.mappings,
    listen: flags.listen === "off" || flags.once === true ? undefined : flags.listen,
  };
}

function siteConfigOf(given: SiteConfig | undefined, env: Readonly<Record<string, string | undefined>>) {
  if (given === "none") return undefined;
  const namespace = env.POD_NAMESPACE;
  return given ?? (namespace ? { namespace, name: SITE_CONFIG } : undefined);
}

const defaultHostRoot = (): string => (existsSync("/host/sys") ? "/host" : "/");

function duration(
  flag: string,
  description: string,
  value: number,
  rest: { env: string; least: number },
): Option {
  return new Option(`${flag} <duration>`, description)
    .env(rest.env)
    .argParser((text) => {
      const milliseconds = parseDuration(text);
      if (milliseconds === undefined) throw new InvalidArgumentError("Write it as 90s, 10m or 1h30m.");
      if (milliseconds < rest.least)
        throw new InvalidArgumentError(`The least is ${formatDuration(rest.least)}.`);
      if (milliseconds > LONGEST) throw new InvalidArgumentError(`The most is ${formatDuration(LONGEST)}.`);
      return milliseconds;
    })
    .default(value, formatDuration(value));
}

const DNS_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

function nodeName(text: string): string {
  if (DNS_NAME.test(text)) return text;
  throw new InvalidArgumentError(
    "Give the name as `kubectl get nodes` prints it: lower case letters, digits, - and .",
  );
}

function siteConfig(text: string): SiteConfig {
  if (text === "none") return "none";
  const [namespace = "", name = "", ...rest] = text.split("/");
  if (rest.length === 0 && DNS_NAME.test(namespace) && DNS_NAME.test(name)) return { namespace, name };
  throw new InvalidArgumentError('Write it as NAMESPACE/NAME, such as flare-system/flare-site, or "none".');
}
