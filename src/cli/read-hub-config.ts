import { readFile } from "node:fs/promises";
import type { HubConfig } from "../hub/config.ts";
import { UserError } from "./exit.ts";

/**
 * The configuration of the file, or of a hub that has none. Its schema is loaded here, for few commands need it.
 * Throws a UserError that tells every problem with its place.
 */
export async function readConfig(file: string | undefined): Promise<HubConfig> {
  if (file === undefined) return (await import("../hub/config.ts")).defaultHubConfig();
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read ${file} (--config): ${error.code ?? error.message}`);
  });
  const { readHubConfig } = await import("../hub/config-file.ts");
  const read = readHubConfig(file, text);
  if (!read.ok) throw new UserError(read.problems.join("\n"));
  return read.config;
}
