import { setMaxListeners } from "node:events";
import { startAgents } from "../demo-agents.ts";
import { type DemoFlags, type DemoShell, stayUp } from "../demo-shell.ts";
import { type DemoHubs, startHubs } from "./hubs.ts";
import { closeSites, type DemoSite, type DemoSites, SITE_TABLE, startSites } from "./sites.ts";
import { tellFederatedStory } from "./story.ts";

/**
 * Runs the demo with a federation until its signal aborts, or with `once` until its story is told. Resolves to whether
 * everything came as it should have. Leaves nothing behind.
 */
export async function runFederatedDemo(flags: DemoFlags, shell: DemoShell): Promise<boolean> {
  const { signal, print, progress } = shell;
  const started: DemoSite[] = [];
  const agents = new AbortController();
  // Every agent listens to it, which is no leak.
  setMaxListeners(0, agents.signal);
  const running: Promise<unknown>[] = [];
  let sites: DemoSites | undefined;
  let hubs: DemoHubs | undefined;
  try {
    sites = await startSites((site) => started.push(site));
    const { alpha, beta, lab } = sites;
    const options = { overlayConfigMap: SITE_TABLE };
    running.push(...startAgents(alpha, agents.signal, { ...options, fluidosLabel: true }));
    for (const site of [beta, lab]) running.push(...startAgents(site, agents.signal, options));
    progress(`${started.length} clusters are up: ${started.map(({ name }) => name).join(", ")}; ${running.length} agents describe their GPU nodes.
Agents and hubs are the real ones. FLUIDOS and Liqo are simulated, with the defects that the real ones have; the GPUs are
fake, as fake-gpu-operator makes them; no container is started.`);
    hubs = await startHubs(sites);
    const show = flags.output === "table" ? print : () => {};
    const story = await tellFederatedStory(sites, hubs, { signal, progress, show });
    if (flags.output === "json") print(JSON.stringify(story, null, 2));
    if (flags.once === true || signal.aborted) return story.failed.length === 0 || signal.aborted;
    await stayUp(started, invitation, shell);
    return true;
  } finally {
    await hubs?.close();
    agents.abort();
    await sites?.federation.stop();
    await Promise.allSettled(running);
    await closeSites(started);
  }
}

/** What the reader can do now, in commands that work as they stand. */
const invitation = (file: string): string => `
Everything stays up, and so does train. Your own kubectl works on it (contexts hub, alpha, beta, lab):
  export KUBECONFIG=${file}
Who is asked for GPUs, who asks, and why an Intent is where it is:
  kubectl --context hub get providers,intents -A
  kubectl --context hub describe provider federation
  kubectl --context hub describe intent -n team-a train
What is offered, and what was bought of it:
  kubectl --context alpha get flavors -n fluidos
  kubectl --context hub get peeringcandidates,reservations,transactions,contracts,allocations -n fluidos
  kubectl --context hub get resourceslices.authentication.liqo.io,virtualnodes,namespaceoffloadings -A
  kubectl --context hub get nodes,foreignclusters
The pod here, and the same pod where it runs:
  kubectl --context hub get pods -A -o wide
  kubectl --context beta get pods -A -o wide
Change a price, and see the Flavor and the candidate follow:
  kubectl --context alpha edit configmap -n flare-system flare-site-mappings
  kubectl --context hub get peeringcandidates -n fluidos -o yaml | grep hourly_rate
Give all back, and see it go:
  kubectl --context hub delete intent -n team-a train --wait=false
  kubectl --context hub get reservations,transactions,contracts,allocations,resourceslices.authentication.liqo.io,virtualnodes -A
Ctrl-C ends everything and removes the kubeconfig.`;
