import * as z from "zod";
import { PHASES } from "../../intent/status-schema.ts";
import { duration, name } from "../config-fields.ts";

const MOST = 20;

/** Messages do not repeat the URL: part of it may be a secret. */
const url = z.string().transform((text, context): URL => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed !== undefined && ["http:", "https:"].includes(parsed.protocol)) return parsed;
  context.addIssue({ code: "custom", message: "a URL that begins with https:// or http://" });
  return z.NEVER;
});

const webhook = z
  .strictObject({
    /** In logs and metrics. */
    name,
    url,
    /** File, or environment variable, that holds the key of the signature. */
    secretFile: z.string().min(1).exactOptional(),
    secretEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable")
      .exactOptional(),
    /** Only those that lead to one of these phases; absent: all. */
    phases: z.array(z.enum(PHASES)).min(1).exactOptional(),
    /** Only those with one of these reasons; absent: all. */
    reasons: z
      .array(z.string().regex(/^[A-Z][A-Za-z]{0,63}$/, "one CamelCase word, such as Placed"))
      .min(1)
      .max(100)
      .exactOptional(),
    /** How long one attempt may take. */
    timeout: duration("10s", "100ms"),
    /** After so many attempts, or so long, a notification is given up. */
    attempts: z.int().min(1).max(100).default(20),
    giveUpAfter: duration("1h", "0s"),
    /** Notifications that may wait; the oldest makes room. */
    backlog: z.int().min(1).max(10_000).default(1000),
    /** Requests at the same time. */
    concurrency: z.int().min(1).max(32).default(4),
  })
  .refine((each) => (each.secretFile === undefined) !== (each.secretEnv === undefined), {
    message: "give one of secretFile and secretEnv: every notification is signed",
  });

/** Section `webhooks` of the hub's configuration. */
export const webhooksSection = z
  .array(webhook)
  .max(MOST)
  .superRefine((all, context) => {
    for (const [index, each] of all.entries()) {
      if (all.findIndex((other) => other.name === each.name) < index)
        context.addIssue({ code: "custom", path: [index, "name"], message: "another webhook has this name" });
    }
  });

export type WebhookConfig = z.output<typeof webhooksSection>[number];
