import { isKubeError } from "../kubernetes/kube-error.ts";
import { CONFIG_MAPS, NODES } from "../kubernetes/objects.ts";
import { findResourceSlices, type ResourceSlice, viewOfSlice } from "./dra.ts";
import { type KubeNode, viewOfNode } from "./node-view.ts";
import { type AgentDeps, type AgentOptions, EXIT, type ExitCode } from "./options.ts";
import { type KubeConfigMap, sourcesOfConfigMap } from "./overlay.ts";
import { createPass } from "./pass.ts";
import { createShell } from "./shell.ts";
import { createSources, type Sources } from "./sources.ts";

/** One pass over the node. Nothing is withdrawn by it unless the grace period is 0, since it has no past. */
export async function runOnce(options: AgentOptions, deps: AgentDeps): Promise<ExitCode> {
  const shell = createShell(options, deps);
  const sources = await createSources(options, deps.compile);
  try {
    await load(options, deps, sources);
  } catch (error) {
    if (isKubeError(error, "not-found")) {
      deps.log.error(
        {},
        `there is no node "${options.node}" in this cluster: correct --node or NODE_NAME (${error.message})`,
      );
      return EXIT.noNode;
    }
    throw error;
  }
  // Where a daemon keeps its last good tables, this has none: it writes nothing rather than what the site did not mean.
  const { problems } = sources.overlay;
  if (problems.length > 0) {
    deps.log.error({ node: options.node }, `the site's mapping tables are broken: ${problems.join("; ")}`);
    return EXIT.usage;
  }
  const snapshot = sources.snapshot();
  if (snapshot === undefined) return EXIT.noNode;
  const report = await createPass(shell.pass)(snapshot, deps.signal);
  deps.log.info({ node: options.node, result: report.result }, report.message);
  await shell.flush();
  return EXIT.done;
}

async function load(options: AgentOptions, deps: AgentDeps, sources: Sources): Promise<void> {
  const { client, signal } = deps;
  sources.setNode(viewOfNode(await client.get<KubeNode>(NODES, { name: options.node }, { signal })));
  await sources.refresh();
  if (options.overlayConfigMap !== undefined) await loadConfigMap(options.overlayConfigMap, deps, sources);
  if (options.dra) await loadSlices(options, deps, sources);
}

async function loadConfigMap(
  target: { readonly namespace: string; readonly name: string },
  { client, signal, log }: AgentDeps,
  sources: Sources,
): Promise<void> {
  try {
    const configMap = await client.get<KubeConfigMap>(CONFIG_MAPS, target, { signal });
    await sources.overlay.set("configmap", sourcesOfConfigMap(configMap));
  } catch (error) {
    if (!isKubeError(error, "not-found")) throw error;
    log.warn(
      {},
      `there is no configmap ${target.namespace}/${target.name} with site tables: going on without it`,
    );
  }
}

async function loadSlices(
  options: AgentOptions,
  { client, signal }: AgentDeps,
  sources: Sources,
): Promise<void> {
  const resource = await findResourceSlices(client, signal);
  if (resource === undefined) return;
  const slices = [];
  const query = { fieldSelector: `spec.nodeName=${options.node}` };
  for await (const page of client.list<ResourceSlice>(resource, query, { signal }))
    slices.push(...page.items.map(viewOfSlice));
  sources.setSlices(slices);
}
