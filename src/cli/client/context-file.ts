import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../exit.ts";
import { type ContextConfig, NO_CONTEXTS, readContexts, writtenContexts } from "./contexts.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where contexts are kept: `$XDG_CONFIG_HOME/flare/config.yaml`. */
export function contextFile(env: Env): string {
  const { XDG_CONFIG_HOME = "", HOME = homedir() } = env;
  const base = XDG_CONFIG_HOME === "" ? join(HOME, ".config") : XDG_CONFIG_HOME;
  return join(base, "flare", "config.yaml");
}

/** More than this nobody has logged in to. */
const MOST_BYTES = 1024 * 1024;

/** The contexts of a file; none where there is no file. Throws a UserError for one that others could read or write. */
export async function loadContexts(file: string): Promise<ContextConfig> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new UserError(`cannot read ${file}: ${error.code ?? error.message}`);
  });
  if (found === undefined) return NO_CONTEXTS;
  if (!found.isFile()) throw new UserError(`${file} is no file`);
  if (found.size > MOST_BYTES) throw new UserError(`${file} is larger than ${MOST_BYTES} bytes`);
  requirePrivate(file, found, 0o077, `chmod 600 ${file}`);
  requirePrivate(dirname(file), await stat(dirname(file)), 0o022, `chmod 700 ${dirname(file)}`);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read ${file}: ${error.code ?? error.message}`);
  });
  return readContexts(file, text);
}

/** As ssh does with keys: what others may read, or put their own in place of, is not used. */
function requirePrivate(
  path: string,
  { mode, uid }: { readonly mode: number; readonly uid: number },
  forbidden: number,
  mend: string,
): void {
  const own = process.getuid?.();
  if (own === undefined) return;
  const isOurs = uid === own || uid === 0;
  if (!isOurs) throw new UserError(`${path} belongs to another user, and tokens may be in it`);
  if ((mode & forbidden) === 0) return;
  const bits = (mode & 0o777).toString(8).padStart(4, "0");
  throw new UserError(`${path} is open to others (mode ${bits}), and tokens are in it: ${mend}`);
}

/** Writes the contexts so that whoever reads meanwhile has the old ones or the new ones, and nobody else either. */
export async function saveContexts(file: string, config: ContextConfig): Promise<void> {
  const target = await linkedFile(file);
  const folder = dirname(target);
  const part = join(folder, `.config-${randomBytes(6).toString("hex")}`);
  try {
    // A folder that is there already keeps its rights, unless others could put their own file there.
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await chmod(folder, 0o700);
    requirePrivate(folder, await stat(folder), 0o022, `chmod 700 ${folder}`);
    const handle = await open(part, "wx", 0o600);
    try {
      await handle.writeFile(writtenContexts(config));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(`cannot write ${file}: ${code ?? message}`);
  }
}

/** Whoever keeps the file elsewhere and links to it keeps it there. */
async function linkedFile(file: string): Promise<string> {
  const found = await lstat(file).catch(() => undefined);
  if (found?.isSymbolicLink() !== true) return file;
  const { realpath } = await import("node:fs/promises");
  return realpath(file).catch(() => file);
}
