import { Option } from "commander";
import type { HubConfig } from "../hub/config.ts";
import type { LogLevel } from "../observability/logger.ts";
import { UserError } from "./exit.ts";
import { type Listen, listenFlag, logLevelFlag } from "./process-flags.ts";

/** The flags of `flare hub` as commander hands them over. */
export interface HubFlags {
  readonly config?: string;
  readonly role?: HubConfig["role"];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly leaderElect?: boolean;
  readonly flavors: boolean;
  readonly flavorsNamespace?: string;
  readonly currency?: string;
  readonly mappings?: string;
  readonly listen: Listen;
  readonly logLevel: LogLevel;
}

const DEFAULT_PORT = 9465;
const DEFAULT_NAMESPACE = "flare-system";

/** All flags, each with its environment variable where it has one. */
export function hubFlags(): readonly Option[] {
  return [
    new Option("--config <file>", "configuration file (YAML); flags win over it").env("FLARE_HUB_CONFIG"),
    new Option(
      "--role <role>",
      "hub: places Intents at providers; provider: publishes its own cluster's GPU nodes",
    )
      .choices(["hub", "provider"])
      .env("FLARE_HUB_ROLE"),
    new Option("--kubeconfig <file>", "kubeconfig; default KUBECONFIG, ~/.kube/config, or the pod's account"),
    new Option("--context <name>", "context of the kubeconfig").env("FLARE_CONTEXT"),
    new Option("--namespace <name>", "the hub's own namespace: of its Lease")
      .env("POD_NAMESPACE")
      .default(DEFAULT_NAMESPACE),
    new Option(
      "--leader-elect",
      "run the controllers only while holding the Lease; for several replicas",
    ).env("FLARE_LEADER_ELECT"),
    new Option("--no-flavors", "write no FLUIDOS Flavors"),
    new Option("--flavors-namespace <name>", "namespace of the Flavors; default fluidos").env(
      "FLARE_FLAVORS_NAMESPACE",
    ),
    new Option("--currency <code>", "currency where an Intent names none; default EUR").env("FLARE_CURRENCY"),
    new Option("--mappings <folder>", "folder with the site's tables: regions of your own").env(
      "FLARE_MAPPINGS",
    ),
    listenFlag(DEFAULT_PORT),
    logLevelFlag(),
  ];
}

/** The configuration in force: the file's, with what the flags say on top. Throws a UserError where they do not go together. */
export function configWith(flags: HubFlags, file: HubConfig): HubConfig {
  const { leaderElection, flavors, intents } = file;
  const { currency = intents.currency } = flags;
  if (intents.currencyRates[currency] === undefined)
    throw new UserError(`--currency ${currency}: there is no rate of it in intents.currencyRates`);
  return {
    ...file,
    role: flags.role ?? file.role,
    intents: { ...intents, currency },
    leaderElection: { ...leaderElection, enabled: flags.leaderElect ?? leaderElection.enabled },
    flavors: {
      ...flavors,
      enabled: flavors.enabled && flags.flavors,
      namespace: flags.flavorsNamespace ?? flavors.namespace,
    },
  };
}
