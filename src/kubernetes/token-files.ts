import { resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";

/** client-node 1.4.0 overlooks `users[].user.tokenFile`; its token-file provider, which re-reads, does the work. */
export function adoptTokenFiles(config: KubeConfig, text: string, folder: string): void {
  const { users } = parse(text) as {
    users?: readonly { name?: string; user?: { tokenFile?: unknown } | null }[];
  };
  for (const { name, user } of users ?? []) {
    const known = config.users.find((each) => each.name === name);
    if (known === undefined || typeof user?.tokenFile !== "string") continue;
    const tokenFile = resolve(folder, user.tokenFile);
    Object.assign(known, { authProvider: { name: "tokenFile", config: { tokenFile } } });
  }
}
