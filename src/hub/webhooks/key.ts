import { readFile } from "node:fs/promises";
import type { WebhookConfig } from "./config.ts";

/** Shorter ones are guessed sooner than HMAC-SHA256 deserves. */
const SHORTEST = 16;

/**
 * The key that a webhook's notifications are signed with; read anew for each, so that a rotated Secret counts at once. Line
 * ends after it do not belong to it. Throws an Error that says what is wrong and never what the key is.
 */
export async function readKey(
  { secretFile, secretEnv = "" }: Pick<WebhookConfig, "secretFile" | "secretEnv">,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const place = secretFile === undefined ? `secretEnv: ${secretEnv}` : `secretFile: ${secretFile}`;
  const text = secretFile === undefined ? env[secretEnv] : await readText(secretFile, place);
  if (text === undefined) throw new Error(`${place} is not set`);
  const key = text.replace(/[\r\n]+$/, "");
  if (Buffer.byteLength(key) < SHORTEST)
    throw new Error(
      `${place} holds a key of less than ${SHORTEST} bytes; openssl rand -hex 32 makes a good one`,
    );
  return key;
}

async function readText(file: string, place: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Error(`${place} cannot be read (${code})`, { cause: error });
  }
}
