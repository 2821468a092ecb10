import type { V1EnvVar } from "@kubernetes/client-node";
import { splitEnv } from "../intent/env.ts";

/**
 * The container's command. One string is a line for the shell; several are the program and its arguments, in which
 * Kubernetes fills in `$(VARIABLE)`. None: what the image starts.
 */
export function containerCommand(commands: readonly string[] | undefined): string[] | undefined {
  if (commands === undefined || commands.length === 0) return undefined;
  const [line, ...rest] = commands;
  return line !== undefined && rest.length === 0 ? ["sh", "-c", forShell(line)] : [...commands];
}

/** Kubernetes expands `$(...)` and `$$` before the shell sees them; doubling the first $ hands them on as they are. */
const forShell = (line: string): string => line.replace(/\$(?=[$(])/g, "$$$$");

/** Variables of entries `KEY=value`. The last of several values for a key counts. */
export function environment(entries: readonly string[] | undefined): V1EnvVar[] {
  const values = new Map<string, string>();
  for (const { name, value } of (entries ?? []).flatMap((entry) => splitEnv(entry) ?? [])) {
    values.delete(name);
    values.set(name, value);
  }
  return [...values].map(([name, value]) => ({ name, value }));
}
