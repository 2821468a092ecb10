import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { Command } from "commander";
import type { HubConfig } from "../hub/config.ts";
import type { HubDeps } from "../hub/options.ts";
import { UserError } from "./exit.ts";
import { configWith, type HubFlags, hubFlags } from "./hub-flags.ts";
import { readConfig } from "./read-hub-config.ts";

const HELP = `
Examples:
  $ kubectl apply -k manifests/crds                 what the hub needs on its cluster
  $ flare hub                                       with your kubeconfig, one replica
  $ flare hub --config hub.yaml --leader-elect      as in a cluster, where it runs by manifests/hub
  $ flare hub --role provider                       in a provider's cluster: publish its GPU nodes for FLUIDOS to sell
  $ kubectl get providers                           whom it knows, and how it stands with them

A provider is a Secret with its kubeconfig and a Provider object:
  $ kubectl create secret generic alpha --namespace flare-system --from-file kubeconfig=alpha.yaml
  $ kubectl apply -f - <<EOF
    apiVersion: flare.clastix.io/v1alpha1
    kind: Provider
    metadata: { name: alpha }
    spec: { kubeconfigSecretRef: { namespace: flare-system, name: alpha } }
    EOF

Exit codes:
  0  stopped by SIGTERM or SIGINT
  1  it could not go on
  2  wrong flags, configuration or kubeconfig: no retry helps`;

/** `flare hub`: gathers the GPU nodes of many clusters into one pool. */
export function hubCommand(): Command {
  const command = new Command("hub")
    .description(
      "Gather the GPU nodes of the provider clusters into one pool, publish them as Flavors, and place Intents on them",
    )
    .addHelpText("after", HELP)
    .action((flags: HubFlags) => run(command, flags));
  for (const flag of hubFlags()) command.addOption(flag);
  return command;
}

async function run(command: Command, flags: HubFlags): Promise<void> {
  const config = configWith(flags, await readConfig(flags.config));
  await checkWebhookKeys(config);
  // Loaded here, so that --help of any command stays quick and small.
  const [{ runHub }, { createClient }, { createLogger }] = await Promise.all([
    import("../hub/run-hub.ts"),
    import("../kubernetes/client.ts"),
    import("../observability/logger.ts"),
  ]);
  const version = command.parent?.version() ?? "unknown";
  const userAgent = `flare-hub/${version}`;
  const own = { kubeconfig: flags.kubeconfig, context: flags.context, userAgent };
  const connect: HubDeps["connect"] = (destination) =>
    createClient(
      "inCluster" in destination ? own : { kubeconfigText: destination.kubeconfigText, userAgent },
    );
  const client = createClient(own);
  const stopper = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopper.abort(signal));
  const options = {
    config,
    namespace: flags.namespace,
    identity: `${hostname()}_${randomBytes(4).toString("hex")}`,
    listen: flags.listen === "off" ? undefined : flags.listen,
  };
  process.exitCode = await runHub(options, {
    client,
    connect,
    ...(await partsOf(flags.mappings, config.role)),
    log: createLogger({ level: flags.logLevel }),
    signal: stopper.signal,
    version,
  });
  client.close();
}

/** A webhook that nothing could ever be sent to is told at once, not with the first Intent. Throws a UserError. */
async function checkWebhookKeys({ webhooks }: HubConfig): Promise<void> {
  if (webhooks.length === 0) return;
  const { readKey } = await import("../hub/webhooks/key.ts");
  const checked = await Promise.allSettled(webhooks.map((webhook) => readKey(webhook)));
  const problems = checked.flatMap((result, index) =>
    result.status === "rejected" ? [`webhooks.${index}.${(result.reason as Error).message}`] : [],
  );
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

/** What the hub knows by the mapping tables, the built-in ones with the site's on top: regions, and models of Intents. */
async function partsOf(
  folder: string | undefined,
  role: HubConfig["role"],
): Promise<Pick<HubDeps, "regions" | "controllers" | "resolveModel">> {
  const [{ tablesWith, siteTables }, { createRegions }, { createIntentController }, { catalogueModels }] =
    await Promise.all([
      import("./built-in-tables.ts"),
      import("../hub/inventory/regions.ts"),
      import("../hub/intents/controller.ts"),
      import("../hub/intents/models.ts"),
    ]);
  const compiled = await tablesWith(folder === undefined ? [] : await siteTables([folder]));
  if (!compiled.ok) throw new UserError(compiled.problems.join("\n"));
  const { lookups, catalogue } = compiled.tables;
  const resolveModel = catalogueModels(catalogue);
  return {
    regions: createRegions(lookups.get("regions")?.tree),
    controllers: role === "hub" ? [createIntentController({ resolveModel })] : [],
    resolveModel,
  };
}
