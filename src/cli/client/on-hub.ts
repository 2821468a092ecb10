import { readFile } from "node:fs/promises";
import { Option } from "commander";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import { EXIT_CODES, UserError } from "../exit.ts";
import type { ChosenHub, HubFlags } from "./choose-hub.ts";
import type { UserHub } from "./user-hub.ts";

/** Flags of every command that works on a hub. */
export const hubFlags = (): readonly Option[] => [
  new Option("-n, --namespace <name>", "namespace of the Intents; default that of the context"),
  new Option("--server <url>", "hub's REST API, such as https://flare.example.com (env: FLARE_SERVER)"),
  new Option("--token-file <file>", "token for it; default FLARE_TOKEN, or that of flare login"),
  new Option("--tenant <name>", "tenant to act for, where you belong to several (env: FLARE_TENANT)"),
  new Option("--certificate-authority <file>", "PEM of who signed the server's certificate"),
  new Option("--insecure-skip-tls-verify", "trust any certificate: for tests alone"),
  new Option("--context <name>", "context of flare login, else of the kubeconfig (env: FLARE_CONTEXT)"),
  new Option("--kubeconfig <file>", "kubeconfig of the hub's cluster, instead of the REST API"),
];

export const HUB_HELP = `
Which hub: flags (--server, --kubeconfig, --context), else FLARE_SERVER or FLARE_CONTEXT, else the current context of
flare login, else the kubeconfig (KUBECONFIG, ~/.kube/config) of the hub's cluster.
`;

/** Where the hub publishes its Flavors, unless somebody says otherwise. */
const FLAVORS_NAMESPACE = "fluidos";

/** Does the work on the hub that flags, environment and contexts choose. */
export async function onHub<T>(flags: HubFlags, work: (hub: UserHub) => Promise<T>): Promise<T> {
  let hub: UserHub | undefined;
  try {
    hub = await openHub(flags);
    return await work(hub);
  } catch (error) {
    throw toUserError(error);
  } finally {
    hub?.close();
  }
}

/** The API server's answer as an error for the user, with its exit code; anything else as it is. */
export function toUserError(error: unknown): unknown {
  if (!isKubeError(error)) return error;
  const { code, message } = error;
  if (code === "config") return new UserError(message);
  return new UserError(message, code === "not-found" ? EXIT_CODES.notFound : EXIT_CODES.failed);
}

async function openHub(flags: HubFlags): Promise<UserHub> {
  const [{ chooseHub }, { contextFile, loadContexts }] = await Promise.all([
    import("./choose-hub.ts"),
    import("./context-file.ts"),
  ]);
  const { env } = process;
  const chosen = await chooseHub(flags, {
    env,
    contexts: () => loadContexts(contextFile(env)),
    readFile: readTextFile,
  });
  return chosen.kind === "rest" ? openRestHub(chosen) : openKubeHub(chosen, flags);
}

export function readTextFile(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read ${path}: ${error.code ?? error.message}`);
  });
}

export const CLIENT_OPTIONS = { userAgent: "flare-cli", random: Math.random } as const;

async function openRestHub({ target, namespace }: ChosenHub & { kind: "rest" }): Promise<UserHub> {
  const [{ createRestClient }, { createRestHub }, { sleep }] = await Promise.all([
    import("./rest-client.ts"),
    import("./rest-hub.ts"),
    import("../../kubernetes/timing.ts"),
  ]);
  return createRestHub(createRestClient(target, { ...CLIENT_OPTIONS, sleep }), namespace);
}

async function openKubeHub(
  { kubeconfig, context, namespace }: ChosenHub & { kind: "kubeconfig" },
  { flavorsNamespace = FLAVORS_NAMESPACE }: HubFlags,
): Promise<UserHub> {
  const [{ createClient }, { contextNamespace }, { createKubeHub }] = await Promise.all([
    import("../../kubernetes/client.ts"),
    import("../../kubernetes/kubeconfig.ts"),
    import("./kube-hub.ts"),
  ]);
  const source = { kubeconfig, context };
  const own = namespace ?? (await contextNamespace(source));
  const client = createClient({ ...source, userAgent: CLIENT_OPTIONS.userAgent });
  return createKubeHub(client, { namespace: own, flavorsNamespace });
}
