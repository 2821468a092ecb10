import { LineCounter, parseDocument, stringify } from "yaml";
import * as z from "zod";
import { UserError } from "../exit.ts";

export const CONTEXT_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,126}[A-Za-z0-9])?$/;

const context = z.strictObject({
  name: z.string().regex(CONTEXT_NAME, "letters, digits, dots, colons and hyphens, 128 at most"),
  server: z
    .string()
    .refine((text) => !("problem" in readServer(text)), "an address such as https://flare.example.com"),
  token: z.string().min(1).max(16_384),
  /** Chosen where its owner belongs to several. */
  tenant: z.string().min(1).max(253).optional(),
  /** Namespace of Intents where a command names none. */
  namespace: z.string().min(1).max(63).optional(),
  /** PEM. */
  certificateAuthority: z.string().includes("-----BEGIN CERTIFICATE-----").optional(),
  insecureSkipTlsVerify: z.boolean().optional(),
});

const schema = z
  .strictObject({ currentContext: z.string().optional(), contexts: z.array(context).max(1000).default([]) })
  .refine(({ contexts }) => new Set(contexts.map(({ name }) => name)).size === contexts.length, {
    message: "two contexts have the same name",
    path: ["contexts"],
  });

/** A hub's REST API that somebody logged in to. */
export type Context = z.output<typeof context>;
export type ContextConfig = z.output<typeof schema>;

export const NO_CONTEXTS: ContextConfig = { contexts: [] };

/** Reads the text of a file of contexts. Throws a UserError that tells every problem with its place, and no token. */
export function readContexts(file: string, text: string): ContextConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new UserError(`${file}:${line}:${col}: ${broken.code.toLowerCase().replaceAll("_", " ")}`);
  }
  const read = schema.safeParse(document.toJS({ maxAliasCount: 10 }) ?? {});
  if (read.success) return read.data;
  const problems = read.error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join(".") || "the file";
    if (issue.code !== "unrecognized_keys") return [`${file}: ${path}: ${issue.message}`];
    return issue.keys.map((key) => `${file}: ${path}: there is no setting ${JSON.stringify(key)}`);
  });
  throw new UserError(problems.slice(0, 20).join("\n"));
}

export const writtenContexts = (config: ContextConfig): string =>
  `# Contexts of flare, with tokens: keep it to yourself.\n${stringify(config, { lineWidth: 0 })}`;

export const contextNamed = ({ contexts }: ContextConfig, name: string): Context | undefined =>
  contexts.find((each) => each.name === name);

/** With a context added, or put in the place of the one of its name, and made the current one. */
export function withContext({ contexts }: ContextConfig, added: Context): ContextConfig {
  const others = contexts.filter(({ name }) => name !== added.name);
  return { currentContext: added.name, contexts: [...others, added] };
}

/** Without a context; the current one is none after it was removed. */
export function withoutContext({ contexts, currentContext }: ContextConfig, name: string): ContextConfig {
  const rest = contexts.filter((each) => each.name !== name);
  return currentContext === undefined || currentContext === name
    ? { contexts: rest }
    : { currentContext, contexts: rest };
}

/** Reads the address of a server: its origin and path, without that of the API. */
export function readServer(text: string): { readonly server: string } | { readonly problem: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: `${JSON.stringify(text)} is no address; write it as https://flare.example.com` };
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return { problem: `${JSON.stringify(text)}: write it as https://flare.example.com` };
  if (url.username !== "" || url.password !== "")
    return { problem: "a server's address has no user and password in it; a token is asked for" };
  if (url.search !== "" || url.hash !== "")
    return { problem: `${JSON.stringify(text)}: an address ends before ? and #` };
  const path = url.pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
  return { server: url.origin + path };
}
