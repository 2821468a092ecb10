import { UserError } from "../exit.ts";
import { type ContextConfig, contextNamed, readServer } from "./contexts.ts";
import type { RestTarget } from "./rest-client.ts";

/** How a user's command reaches a hub. */
export interface HubFlags {
  readonly server?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly tenant?: string | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
  readonly flavorsNamespace?: string | undefined;
}

/** A way to a hub. */
export type ChosenHub =
  | { readonly kind: "rest"; readonly target: RestTarget; readonly namespace: string | undefined }
  | {
      readonly kind: "kubeconfig";
      readonly kubeconfig: string | undefined;
      readonly context: string | undefined;
      readonly namespace: string | undefined;
    };

type Env = Readonly<Record<string, string | undefined>>;

export interface Surroundings {
  readonly env: Env;
  /** What was logged in to; read only where it matters, so that a broken file is in nobody's way who does without. */
  readonly contexts: () => Promise<ContextConfig>;
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * Chooses the hub: what flags say, else what the environment says, else the current context of flare login, else the
 * kubeconfig. Throws a UserError for what contradicts itself or is not there.
 */
export async function chooseHub(flags: HubFlags, around: Surroundings): Promise<ChosenHub> {
  const { FLARE_SERVER = "", FLARE_CONTEXT = "" } = around.env;
  if (flags.server !== undefined && flags.kubeconfig !== undefined)
    throw new UserError("--server and --kubeconfig are two ways to a hub: leave out one");
  if (flags.server !== undefined && flags.context !== undefined)
    throw new UserError("--server and --context are two ways to a hub: leave out one");
  if (flags.server !== undefined) return byServer(flags.server, flags, around);
  if (flags.kubeconfig !== undefined) return byKubeconfig(flags, flags.context);
  if (flags.context !== undefined) return byContext(flags.context, flags, around);
  if (FLARE_SERVER !== "") return byServer(FLARE_SERVER, flags, around);
  if (FLARE_CONTEXT !== "") return byContext(FLARE_CONTEXT, flags, around);
  const { currentContext } = await around.contexts();
  return currentContext === undefined
    ? byKubeconfig(flags, undefined)
    : byContext(currentContext, flags, around);
}

const byKubeconfig = ({ kubeconfig, namespace }: HubFlags, context: string | undefined): ChosenHub => ({
  kind: "kubeconfig",
  kubeconfig,
  context,
  namespace,
});

/** A context of flare login; a name that is none of those may be one of the kubeconfig. */
async function byContext(name: string, flags: HubFlags, around: Surroundings): Promise<ChosenHub> {
  const found = contextNamed(await around.contexts(), name);
  if (found === undefined) return byKubeconfig(flags, name);
  const { name: _, namespace, tenant, ...target } = found;
  const token = flags.tokenFile === undefined ? found.token : await tokenOf(flags, around);
  return {
    kind: "rest",
    target: {
      ...target,
      token: token ?? found.token,
      tenant: tenantOf(flags, around) ?? tenant,
      ...(await trustOf(flags, around)),
    },
    namespace: flags.namespace ?? namespace,
  };
}

async function byServer(text: string, flags: HubFlags, around: Surroundings): Promise<ChosenHub> {
  const read = readServer(text);
  if ("problem" in read) throw new UserError(read.problem);
  const { server } = read;
  const given = await tokenOf(flags, around);
  // Somebody who logged in there has a token for it.
  const known = given === undefined ? (await around.contexts()).contexts : [];
  const context = known.find((each) => each.server === server);
  const token = given ?? context?.token;
  if (token === undefined)
    throw new UserError(
      `there is no token for ${server}: flare login ${server}, or give one by --token-file or FLARE_TOKEN`,
    );
  const trust = { ...context, ...(await trustOf(flags, around)) };
  return {
    kind: "rest",
    target: {
      server,
      token,
      tenant: tenantOf(flags, around) ?? context?.tenant,
      certificateAuthority: trust.certificateAuthority,
      insecureSkipTlsVerify: trust.insecureSkipTlsVerify,
    },
    namespace: flags.namespace ?? context?.namespace,
  };
}

async function tokenOf(
  { tokenFile }: HubFlags,
  { env, readFile }: Surroundings,
): Promise<string | undefined> {
  if (tokenFile !== undefined) return checkedToken(await readFile(tokenFile), tokenFile);
  const { FLARE_TOKEN = "" } = env;
  return FLARE_TOKEN === "" ? undefined : checkedToken(FLARE_TOKEN, "FLARE_TOKEN");
}

/** A token as it may stand in a header. Throws without telling it. */
export function checkedToken(text: string, source: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]{1,16384}$/.test(token)) return token;
  const what = token === "" ? "is empty" : "holds no token: one line of printable ASCII without blanks";
  throw new UserError(`${source} ${what}`);
}

const tenantOf = ({ tenant }: HubFlags, { env: { FLARE_TENANT = "" } }: Surroundings): string | undefined =>
  tenant ?? (FLARE_TENANT === "" ? undefined : FLARE_TENANT);

/** Whom a server's certificate may be from, where flags say it. */
async function trustOf(
  { certificateAuthority, insecureSkipTlsVerify }: HubFlags,
  { readFile }: Surroundings,
): Promise<Pick<RestTarget, "certificateAuthority" | "insecureSkipTlsVerify">> {
  if (certificateAuthority !== undefined && insecureSkipTlsVerify === true)
    throw new UserError(
      "--certificate-authority and --insecure-skip-tls-verify contradict each other: leave out one",
    );
  if (insecureSkipTlsVerify === true) return { insecureSkipTlsVerify };
  if (certificateAuthority === undefined) return {};
  const pem = checkedAuthority(await readFile(certificateAuthority), certificateAuthority);
  return { certificateAuthority: pem, insecureSkipTlsVerify: false };
}

export function checkedAuthority(text: string, file: string): string {
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new UserError(`${file} (--certificate-authority) holds no certificate in PEM form`);
}
