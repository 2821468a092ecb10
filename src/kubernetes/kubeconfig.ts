import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { KubeError } from "./kube-error.ts";

/** Where the connection comes from. With nothing given: KUBECONFIG, then ~/.kube/config, then the pod's own account. */
export interface KubeConfigSource {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string | undefined;
  /** The kubeconfig itself, as YAML or JSON; wins over `kubeconfig`. */
  readonly kubeconfigText?: string | undefined;
  /** Context to use instead of the current one. */
  readonly context?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Loads a kubeconfig and selects its context. Throws a `config` KubeError that names the file and the fix. */
export async function loadKubeConfig(source: KubeConfigSource): Promise<KubeConfig> {
  const config = new KubeConfig();
  const place = await fill(config, source);
  if (source.context !== undefined) config.setCurrentContext(source.context);
  checkContext(config, place);
  return config;
}

/** The namespace that the context names, `default` where it names none. Throws as `loadKubeConfig`. */
export async function contextNamespace(source: KubeConfigSource): Promise<string> {
  const config = await loadKubeConfig(source);
  return config.getContextObject(config.getCurrentContext())?.namespace || "default";
}

/** Fills the configuration and returns where it came from, for messages. */
async function fill(config: KubeConfig, source: KubeConfigSource): Promise<string> {
  if (source.kubeconfigText !== undefined) {
    await parseInto(config, source.kubeconfigText, "the given kubeconfig", process.cwd());
    return "the given kubeconfig";
  }
  const env = source.env ?? process.env;
  if (source.kubeconfig !== undefined) return fillFromFiles(config, [source.kubeconfig], "--kubeconfig");
  const named = (env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  if (named.length > 0) return fillFromFiles(config, named, "the environment variable KUBECONFIG");
  const home = join(env.HOME ?? homedir(), ".kube", "config");
  if (readable(home)) return fillFromFiles(config, [home], "the default place");
  if (env.KUBERNETES_SERVICE_HOST !== undefined && readable(TOKEN_FILE)) {
    config.loadFromCluster();
    return "the pod's ServiceAccount";
  }
  throw new KubeError(
    "config",
    `no kubeconfig found: ${home} does not exist, KUBECONFIG is not set, and this is no pod with a ServiceAccount token ` +
      "(KUBERNETES_SERVICE_HOST). Give --kubeconfig FILE or set KUBECONFIG.",
  );
}

async function fillFromFiles(config: KubeConfig, files: readonly string[], origin: string): Promise<string> {
  for (const [index, file] of files.entries()) {
    const part = index === 0 ? config : new KubeConfig();
    await parseInto(part, readConfigFile(file, origin), `kubeconfig ${file}`, dirname(resolve(file)));
    if (part !== config) merge(config, part);
  }
  return `kubeconfig ${files.join(delimiter)}`;
}

/** As kubectl does: of entries with the same name the first wins. `KubeConfig.mergeConfig` refuses them. */
function merge(into: KubeConfig, part: KubeConfig): void {
  const missing = <T extends { readonly name: string }>(known: readonly T[], more: readonly T[]): T[] =>
    more.filter(({ name }) => !known.some((each) => each.name === name));
  into.clusters.push(...missing(into.clusters, part.clusters));
  into.users.push(...missing(into.users, part.users));
  into.contexts.push(...missing(into.contexts, part.contexts));
  if (!into.getCurrentContext()) into.setCurrentContext(part.getCurrentContext());
}

function readConfigFile(file: string, origin: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const what = missing
      ? "does not exist"
      : `cannot be read (${error instanceof Error ? error.message : String(error)})`;
    throw new KubeError(
      "config",
      `kubeconfig ${file} (from ${origin}) ${what}. Give --kubeconfig FILE or set KUBECONFIG.`,
      {
        cause: error,
      },
    );
  }
}

async function parseInto(config: KubeConfig, text: string, place: string, folder: string): Promise<void> {
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(folder);
    // Loaded late: few kubeconfigs name token files, and a YAML parser takes memory.
    if (text.includes("tokenFile")) (await import("./token-files.ts")).adoptTokenFiles(config, text, folder);
  } catch (error) {
    // The lines after the first one quote the file, which may hold a token; for the same reason there is no cause.
    const [told] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
    throw new KubeError("config", `${place} is no valid kubeconfig: ${told}`);
  }
}

function checkContext(config: KubeConfig, place: string): void {
  const name = config.getCurrentContext();
  const names = config.contexts.map((context) => context.name).join(", ") || "none";
  if (!name) {
    throw new KubeError(
      "config",
      `${place} has no current-context: name one with --context (it has: ${names}).`,
    );
  }
  const context = config.getContextObject(name);
  if (context === null) {
    throw new KubeError("config", `${place} has no context "${name}" (it has: ${names}): correct --context.`);
  }
  if (config.getCurrentCluster() === null) {
    throw new KubeError(
      "config",
      `context "${name}" of ${place} names the cluster "${context.cluster}", which is not in it.`,
    );
  }
  if (config.getCurrentUser() === null) {
    throw new KubeError(
      "config",
      `context "${name}" of ${place} names the user "${context.user}", which is not in it.`,
    );
  }
}

function readable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}
