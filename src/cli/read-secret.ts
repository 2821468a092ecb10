import { EXIT_CODES, UserError } from "./exit.ts";

/** Where something is typed, or comes from a pipe. */
export interface SecretInput extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

const MOST_CHARACTERS = 16_384;
const CTRL_C = "\u0003";
const CTRL_U = "\u0015";
const ENDS = ["\r", "\n", "\u0004"];
const ERASE = ["\u0008", "\u007f"];

/**
 * Reads a secret: on a terminal one line after a prompt, without showing it, else all that comes. Throws a UserError where
 * it was given up by Ctrl-C, or is longer than any.
 */
export async function readSecret(
  prompt: string,
  input: SecretInput,
  output: { write(text: string): unknown },
): Promise<string> {
  if (input.isTTY !== true) return readAll(input);
  output.write(prompt);
  input.setRawMode?.(true);
  try {
    return await readLine(input);
  } finally {
    input.setRawMode?.(false);
    output.write("\n");
  }
}

async function readAll(input: SecretInput): Promise<string> {
  let text = "";
  for await (const chunk of input) {
    text += String(chunk);
    if (text.length > MOST_CHARACTERS) throw new UserError("standard input holds no token: it is too long");
  }
  return text;
}

async function readLine(input: SecretInput): Promise<string> {
  let line = "";
  for await (const chunk of input)
    for (const character of Buffer.from(chunk).toString("utf8")) {
      if (ENDS.includes(character)) return line;
      line = typed(line, character);
    }
  return line;
}

/** The line after one more key. */
function typed(line: string, key: string): string {
  if (key === CTRL_C) throw new UserError("given up; nothing was changed", EXIT_CODES.failed);
  if (key === CTRL_U) return "";
  if (ERASE.includes(key)) return line.slice(0, -1);
  if (line.length >= MOST_CHARACTERS) throw new UserError("that is no token: it is too long");
  // Arrow keys and the like begin with a control character; what of them is printed is refused with the token.
  return key >= " " ? line + key : line;
}
