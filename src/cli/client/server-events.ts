/** One of server-sent events, with its data as text. */
export interface ReceivedEvent {
  readonly event: string;
  readonly data: string;
}

/** Characters of one event at most. */
const LONGEST = 4 * 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, 9.2) from bytes; comments, ids and `retry` are passed over, as are events that
 * the end cuts off. Throws for an event that is longer than anybody sends.
 */
export async function* readServerEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ReceivedEvent, void> {
  let lines: string[] = [];
  let size = 0;
  for await (const line of linesOf(chunks)) {
    size += line.length;
    if (size > LONGEST) throw new Error("an event is too long");
    if (line !== "") {
      lines.push(line);
      continue;
    }
    const event = eventOf(lines);
    if (event !== undefined) yield event;
    lines = [];
    size = 0;
  }
}

/** Undefined for what has no data. */
function eventOf(lines: readonly string[]): ReceivedEvent | undefined {
  const fields = lines.map((line) => {
    const [, name = line, value = ""] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
    return { name, value };
  });
  const data = fields.filter(({ name }) => name === "data").map(({ value }) => value);
  const event = fields.findLast(({ name }) => name === "event")?.value ?? "message";
  return data.length === 0 ? undefined : { event, data: data.join("\n") };
}

/** Lines end with CR LF, LF or CR; what no end follows is no line. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be the first half of CR LF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > LONGEST) throw new Error("an event is too long");
  }
}
