/** What a terminal can show. */
export interface Screen {
  /** In columns; undefined: nobody is looking, lines may be of any length. */
  readonly width?: number | undefined;
  readonly isColoured: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;
interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The screen behind a stream: colours on a terminal alone, and not where NO_COLOR is set (no-color.org). */
export function screenOf({ isTTY = false, columns }: Stream, { NO_COLOR = "", TERM }: Env): Screen {
  if (!isTTY) return { isColoured: false };
  const width = columns === undefined || columns <= 0 ? undefined : columns;
  return { width, isColoured: NO_COLOR === "" && TERM !== "dumb" };
}

/** The screen of standard output. */
export const stdoutScreen = (): Screen => screenOf(process.stdout, process.env);

const GREEN = 32;
const YELLOW = 33;
const RED = 31;
const CYAN = 36;

/** Words that have a colour wherever they stand for themselves in a cell. */
const COLOURS: Readonly<Record<string, number>> = {
  Running: GREEN,
  Completed: GREEN,
  active: GREEN,
  Pending: CYAN,
  Reserved: CYAN,
  Provisioning: CYAN,
  Queued: YELLOW,
  Suspended: YELLOW,
  expired: YELLOW,
  Failed: RED,
  Cancelled: RED,
  revoked: RED,
};

/** The text in the colour of the word that it shows, if that has one. */
export function colourOf(word: string, text: string): string {
  const code = Object.hasOwn(COLOURS, word) ? COLOURS[word] : undefined;
  return code === undefined ? text : `\u001b[${code}m${text}\u001b[39m`;
}
