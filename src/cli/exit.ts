/** Exit codes of every subcommand, as each `--help` lists them. */
export const EXIT_CODES = {
  /** Done. */
  ok: 0,
  /** It could not be done: the API refused or was not there, or a check found faults. */
  failed: 1,
  /** Wrong flags, or input that cannot be read: no retry helps. */
  usage: 2,
  /** There is no such Node or model. */
  notFound: 3,
  /** Nothing fits the Intent. */
  nothingFits: 4,
} as const;

/** An error whose message is for the user as it stands, without a stack. */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_CODES.usage) {
    super(message);
    this.name = "UserError";
    this.exitCode = exitCode;
  }
}
