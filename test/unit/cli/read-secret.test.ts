import { describe, expect, it } from "vitest";
import { readSecret, type SecretInput } from "../../../src/cli/read-secret.ts";

function typed(...keys: readonly string[]): SecretInput & { readonly raw: boolean[] } {
  const raw: boolean[] = [];
  return {
    raw,
    isTTY: true,
    setRawMode: (mode) => raw.push(mode),
    async *[Symbol.asyncIterator]() {
      yield* keys;
    },
  };
}
const silent = { write: () => true };

describe("a secret", () => {
  it.each([
    ["a line", ["s", "e", "cret", "\r"], "secret"],
    ["what is pasted, up to its end", ["secret\nmore"], "secret"],
    ["a line with something erased", ["sex", "\u007f", "cret", "\r"], "secret"],
    ["a line that was begun anew", ["wrong", "\u0015", "secret\r"], "secret"],
    ["what there is at Ctrl-D", ["secret", "\u0004"], "secret"],
  ])("is %s on a terminal", async (_what, keys, secret) => {
    const input = typed(...keys);
    expect(await readSecret("Token: ", input, silent)).toBe(secret);
    expect(input.raw).toEqual([true, false]);
  });

  it("is not shown; only the prompt is", async () => {
    let shown = "";
    const output = { write: (text: string) => (shown += text) };
    await readSecret("Token: ", typed("secret\r"), output);
    expect(shown).toBe("Token: \n");
  });

  it("is given up by Ctrl-C, and the terminal is as it was", async () => {
    const input = typed("sec", "\u0003");
    await expect(readSecret("", input, silent)).rejects.toThrow("given up");
    expect(input.raw).toEqual([true, false]);
  });

  it("is all that comes by a pipe, as far as it may be one", async () => {
    const piped = (text: string): SecretInput => ({ ...typed(text), isTTY: false });
    expect(await readSecret("", piped("secret\n"), silent)).toBe("secret\n");
    await expect(readSecret("", piped("x".repeat(20_000)), silent)).rejects.toThrow("too long");
  });
});
