import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReceivedEvent, readServerEvents } from "../../../../src/cli/client/server-events.ts";

async function read(...chunks: readonly string[]): Promise<readonly ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  const bytes = chunks.map((chunk) => Buffer.from(chunk));
  for await (const event of readServerEvents(from(bytes))) events.push(event);
  return events;
}
async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
}

describe("server-sent events", () => {
  it.each([
    ["an event with its name and data", "event: status\ndata: {}\n\n", [{ event: "status", data: "{}" }]],
    ["an event without a name", "data: a\n\n", [{ event: "message", data: "a" }]],
    ["several lines of data", "data: a\ndata:b\ndata\n\n", [{ event: "message", data: "a\nb\n" }]],
    [
      "any end of a line",
      "data: a\r\n\r\ndata: b\r\r",
      [
        { event: "message", data: "a" },
        { event: "message", data: "b" },
      ].slice(0, 1),
    ],
    ["no comment, id or retry", ": alive\n\nid: 3\nretry: 9\n\n", []],
    ["nothing that the end cut off", "data: a\n\ndata: b\n", [{ event: "message", data: "a" }]],
    ["a name that no data follows", "event: x\n\ndata: a\n\n", [{ event: "message", data: "a" }]],
  ])("are read: %s", async (_what, text, events) => {
    expect(await read(text)).toEqual(events);
  });

  it("are the same however the bytes come", async () => {
    const text = 'event: status\r\ndata: {"a":"ü€"}\r\n\r\n: alive\n\nevent: gone\ndata: {}\n\n';
    const whole = await read(text);
    expect(whole).toHaveLength(2);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 80 }),
        async (sizes) => {
          const bytes = Buffer.from(text);
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const size of sizes) {
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          chunks.push(bytes.subarray(at));
          const events: ReceivedEvent[] = [];
          for await (const event of readServerEvents(from(chunks))) events.push(event);
          expect(events).toEqual(whole);
        },
      ),
    );
  });

  it("end with an error where one is endless", async () => {
    const endless = Array.from({ length: 5 }, () => `data: ${"x".repeat(1024 * 1024)}`);
    await expect(read(...endless)).rejects.toThrow("too long");
  });
});
