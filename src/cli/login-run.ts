import { sleep } from "../kubernetes/timing.ts";
import { checkedAuthority, checkedToken } from "./client/choose-hub.ts";
import { contextFile, loadContexts, saveContexts } from "./client/context-file.ts";
import { CONTEXT_NAME, type Context, readServer, withContext } from "./client/contexts.ts";
import { CLIENT_OPTIONS, readTextFile } from "./client/on-hub.ts";
import { createRestClient } from "./client/rest-client.ts";
import { type Verified, verifiedForm } from "./client/rest-forms.ts";
import { UserError } from "./exit.ts";
import { print } from "./output.ts";
import { readSecret } from "./read-secret.ts";

export interface LoginFlags {
  readonly name?: string;
  readonly tokenFile?: string;
  readonly tenant?: string;
  readonly namespace?: string;
  readonly certificateAuthority?: string;
  readonly insecureSkipTlsVerify?: boolean;
}

/** Checks the token at the server and keeps both. Throws a UserError where nothing was kept. */
export async function login(address: string, flags: LoginFlags): Promise<void> {
  const read = readServer(address);
  if ("problem" in read) throw new UserError(read.problem);
  const { server } = read;
  const name = flags.name ?? new URL(server).host;
  if (!CONTEXT_NAME.test(name))
    throw new UserError(
      `--name ${JSON.stringify(name)}: letters, digits, dots, colons and hyphens, 128 at most`,
    );
  const trust = await trustOf(flags);
  warnOfRisks(server, flags);
  // A file that cannot be used is told before anybody types a token.
  const file = contextFile(process.env);
  const known = await loadContexts(file);
  const token = await tokenFor(server, flags);
  const context: Context = {
    name,
    server,
    token,
    ...trust,
    ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
  };
  const verified = await verify(context);
  const tenant = tenantOf(verified, context);
  await saveContexts(file, withContext(known, { ...context, ...(tenant === undefined ? {} : { tenant }) }));
  print(welcome(verified, context, tenant));
}

async function trustOf({
  certificateAuthority,
  insecureSkipTlsVerify,
}: LoginFlags): Promise<Pick<Context, "certificateAuthority" | "insecureSkipTlsVerify">> {
  if (certificateAuthority !== undefined && insecureSkipTlsVerify === true)
    throw new UserError(
      "--certificate-authority and --insecure-skip-tls-verify contradict each other: leave out one",
    );
  if (insecureSkipTlsVerify === true) return { insecureSkipTlsVerify };
  if (certificateAuthority === undefined) return {};
  const pem = checkedAuthority(await readTextFile(certificateAuthority), certificateAuthority);
  return { certificateAuthority: pem };
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function warnOfRisks(server: string, { insecureSkipTlsVerify }: LoginFlags): void {
  const { protocol, hostname } = new URL(server);
  const warn = (text: string): void => void process.stderr.write(`flare: warning: ${text}\n`);
  if (protocol === "http:" && !LOOPBACK.test(hostname))
    warn(`${server} is not encrypted: everybody on the way can read the token`);
  if (insecureSkipTlsVerify === true) warn(`whoever answers as ${hostname} will get the token`);
}

async function tokenFor(server: string, { tokenFile }: LoginFlags): Promise<string> {
  if (tokenFile !== undefined) return checkedToken(await readTextFile(tokenFile), tokenFile);
  return checkedToken(
    await readSecret(`Token for ${server}: `, process.stdin, process.stderr),
    process.stdin.isTTY ? "what you typed" : "standard input",
  );
}

async function verify(context: Context): Promise<Verified> {
  const client = createRestClient(context, { ...CLIENT_OPTIONS, sleep });
  try {
    return await client.json({ method: "GET", path: "/auth/verify" }, verifiedForm);
  } finally {
    client.close();
  }
}

/** The tenant to act for; the only one need not be chosen. */
function tenantOf({ tenants }: Verified, { tenant, server }: Context): string | undefined {
  if (tenant !== undefined || tenants.length < 2) return tenant;
  const names = tenants.map((each) => each.tenant).join(", ");
  throw new UserError(`you belong to several tenants at ${server} (${names}): choose one by --tenant`);
}

function welcome(
  { user_id, expires_at, tenants }: Verified,
  context: Context,
  chosen: string | undefined,
): string {
  const [own] = chosen === undefined ? tenants : tenants.filter(({ tenant }) => tenant === chosen);
  const lines = [`logged in to ${context.server} as ${user_id}; context ${context.name} is the current one`];
  if (own === undefined) lines.push("you belong to no tenant there yet: ask whoever runs the hub");
  else
    lines.push(
      `tenant ${own.tenant}, namespaces ${own.namespaces.join(", ") || "none yet"}, may ${own.permissions.join(", ")}`,
    );
  if (expires_at !== undefined) lines.push(`the token is good until ${expires_at}`);
  return lines.join("\n");
}
