/** The log of one task, as it comes. */
export interface TaskLog {
  readonly task: number;
  readonly chunks: AsyncIterator<Uint8Array>;
}

export interface TextOptions {
  /** Bytes of all of it at most. */
  readonly mostBytes: number;
  /** Whether each line begins with the number of its task. */
  readonly isPrefixed: boolean;
}

/** Where several tasks write, a line that is longer than this is told in pieces. */
const LONGEST_LINE = 65_536;

/** A line of ours among those of a program. */
export const notice = (text: string): Uint8Array => Buffer.from(`[flare] ${text}\n`);

/**
 * The logs of several tasks as one text, in the order in which they come; of each log no more is read than was taken. Ends
 * with a notice where it was cut off. A log that fails is told of in its place, and the others go on.
 */
export async function* mergeLogs(
  logs: readonly TaskLog[],
  { mostBytes, isPrefixed }: TextOptions,
): AsyncGenerator<Uint8Array, void> {
  let left = mostBytes;
  const open = new Map(logs.map((log) => [log, nextOf(log)] as const));
  const splitters = new Map(logs.map(({ task }) => [task, createPrefixer(task)]));
  try {
    while (open.size > 0) {
      const { log, text, done } = await Promise.race(open.values());
      const prefixer = isPrefixed ? splitters.get(log.task) : undefined;
      if (done) open.delete(log);
      else open.set(log, nextOf(log));
      const told = prefixer === undefined ? text : done ? prefixer.end(text) : prefixer.take(text);
      if (told.byteLength === 0) continue;
      yield told.subarray(0, left);
      left -= told.byteLength;
      if (left > 0) continue;
      yield notice(`cut off after ${mostBytes} bytes; ask for less by tail, or for one task`);
      return;
    }
  } finally {
    // Not awaited: a log that says nothing would keep its reader, who has gone, until it does.
    for (const { chunks } of logs) void chunks.return?.().catch(() => undefined);
  }
}

interface Next {
  readonly log: TaskLog;
  readonly text: Uint8Array;
  readonly done: boolean;
}

const NOTHING = new Uint8Array();

async function nextOf(log: TaskLog): Promise<Next> {
  try {
    const { value, done = false } = await log.chunks.next();
    return { log, text: done ? NOTHING : value, done };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { log, text: notice(`the log of task ${log.task} cannot be read: ${why}`), done: true };
  }
}

interface Prefixer {
  take(text: Uint8Array): Uint8Array;
  /** What is left, with an end of its line. */
  end(text: Uint8Array): Uint8Array;
}

/** Gives out whole lines, each with the number of its task before it. */
function createPrefixer(task: number): Prefixer {
  const prefix = Buffer.from(`[${task}] `);
  let rest = Buffer.alloc(0);
  const take = (text: Uint8Array): Uint8Array => {
    const all = Buffer.concat([rest, text]);
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let at = all.indexOf(10); at !== -1; at = all.indexOf(10, from)) {
      parts.push(prefix, all.subarray(from, at + 1));
      from = at + 1;
    }
    rest = all.subarray(from);
    if (rest.byteLength > LONGEST_LINE) {
      parts.push(prefix, rest, NEWLINE);
      rest = Buffer.alloc(0);
    }
    return Buffer.concat(parts);
  };
  return {
    take,
    end: (text) => {
      const lines = take(text);
      const last = rest.byteLength === 0 ? [] : [prefix, rest, NEWLINE];
      rest = Buffer.alloc(0);
      return Buffer.concat([lines, ...last]);
    },
  };
}

const NEWLINE = Buffer.from("\n");
