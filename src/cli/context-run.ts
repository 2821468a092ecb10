import { given } from "../hub/inventory/given.ts";
import { contextFile, loadContexts, saveContexts } from "./client/context-file.ts";
import { type ContextConfig, contextNamed, withoutContext } from "./client/contexts.ts";
import { EXIT_CODES, UserError } from "./exit.ts";
import { type OutputForm, print, printAs, table } from "./output.ts";
import { stdoutScreen } from "./screen.ts";

/** Prints the contexts, without their tokens. */
export async function listContexts(output: OutputForm | "name"): Promise<void> {
  const { contexts, currentContext } = await loadContexts(contextFile(process.env));
  if (output === "name") {
    for (const { name } of contexts) print(name);
    return;
  }
  const told = contexts.map(({ name, server, tenant, namespace }) => ({
    current: name === currentContext,
    name,
    server,
    ...given({ tenant, namespace }),
  }));
  if (output === "table" && told.length === 0) {
    process.stderr.write("no contexts; flare login SERVER makes one\n");
    return;
  }
  const rows = told.map(({ current, name, server, tenant = "-", namespace = "-" }) => [
    current ? "*" : " ",
    name,
    server,
    tenant,
    namespace,
  ]);
  await printAs(output, told, () =>
    table([[" ", "NAME", "SERVER", "TENANT", "NAMESPACE"], ...rows], { screen: stdoutScreen() }),
  );
}

/** Makes a context the current one. Throws a UserError where there is none of that name. */
export const useContext = (name: string): Promise<void> =>
  change(name, ({ contexts }) => ({ currentContext: name, contexts }));

/** Forgets a context. Throws a UserError where there is none of that name. */
export const removeContext = (name: string): Promise<void> =>
  change(name, (config) => withoutContext(config, name));

async function change(name: string, to: (config: ContextConfig) => ContextConfig): Promise<void> {
  const file = contextFile(process.env);
  const config = await loadContexts(file);
  if (contextNamed(config, name) === undefined) {
    const names = config.contexts.map((each) => each.name).join(", ") || "none";
    throw new UserError(`there is no context "${name}" in ${file} (it has: ${names})`, EXIT_CODES.notFound);
  }
  await saveContexts(file, to(config));
}
