import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGuard } from "../../../src/kubernetes/guard.ts";
import { readEvents } from "../../../src/kubernetes/watch.ts";
import { WATCH_SILENCE_MS } from "../../../src/kubernetes/watch-silence.ts";

const SECOND = 1000;
const bookmark = `${JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: "1" } } })}\n`;

/** An open watch with the default limits: what is written to `stream` arrives, and `read` tells how it went. */
function open() {
  const stream = new PassThrough();
  const guard = createGuard("watch nodes", 30 * SECOND, undefined);
  guard.clearDeadline();
  const limits = { what: "watch nodes", server: "x", silenceMs: WATCH_SILENCE_MS, maxLineBytes: 1024 };
  const seen: string[] = [];
  const read = async (): Promise<void> => {
    for await (const { type } of readEvents({ message: stream as unknown as IncomingMessage, guard }, limits))
      seen.push(type);
  };
  const ended = read().then(
    () => seen.push("end"),
    (error: unknown) => seen.push(String(error)),
  );
  return { stream, seen, ended };
}

describe("the silence of a watch", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is no cause to cut a quiet one, whose bookmarks come every 62 s", async () => {
    const { stream, seen, ended } = open();
    for (let minute = 0; minute < 5; minute++) {
      await vi.advanceTimersByTimeAsync(62 * SECOND);
      stream.write(bookmark);
    }
    stream.end();
    await ended;
    expect(seen).toEqual([...Array(5).fill("BOOKMARK"), "end"]);
  });

  it("ends it when even the bookmarks stay away", async () => {
    const { stream, seen, ended } = open();
    stream.write(bookmark);
    await vi.advanceTimersByTimeAsync(WATCH_SILENCE_MS + 1);
    await ended;
    expect(seen).toEqual(["BOOKMARK", expect.stringContaining("nothing heard from x for 75 s")]);
  });
});
