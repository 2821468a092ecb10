import { colourOf, type Screen } from "./screen.ts";

export interface TableOptions {
  /** Fits the table to it, and colours its words; absent: neither. */
  readonly screen?: Screen | undefined;
  /** Headers of columns that may go, the first one first, where the screen is too narrow for all. */
  readonly expendable?: readonly string[];
}

const GAP = "  ";
/** The last column may be cut, but not shorter than this. */
const LEAST_OF_LAST = 20;

/** Lines of cells as an aligned table, two blanks between columns, as kubectl prints them. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const shown = fitted(rows, options);
  const widths = widthsOf(shown);
  return shown.map((row) => lineOf(row, widths, options.screen)).join("\n");
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
}

/** The rows without the columns that have no room. */
function fitted(
  rows: readonly (readonly string[])[],
  { screen, expendable = [] }: TableOptions,
): readonly (readonly string[])[] {
  const width = screen?.width;
  if (width === undefined) return rows;
  let shown = rows;
  for (const name of expendable) {
    if (neededBy(widthsOf(shown)) <= width) break;
    const column = shown[0]?.indexOf(name) ?? -1;
    if (column !== -1) shown = shown.map((row) => row.toSpliced(column, 1));
  }
  return shown;
}

const neededBy = (widths: readonly number[]): number =>
  widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0) +
  Math.min(widths.at(-1) ?? 0, LEAST_OF_LAST);

function lineOf(row: readonly string[], widths: readonly number[], screen: Screen | undefined): string {
  const whole = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP);
  const line = clip(whole.trimEnd(), screen?.width ?? Number.POSITIVE_INFINITY);
  return screen?.isColoured === true ? coloured(row, widths, line) : line;
}

/** Colours the cells that are there as a whole; what takes no room on the screen is put in last. */
function coloured(row: readonly string[], widths: readonly number[], line: string): string {
  let start = 0;
  return row
    .map((cell, column) => {
      const end = column === row.length - 1 ? line.length : start + (widths[column] ?? 0) + GAP.length;
      const part = line.slice(start, end);
      start = end;
      return part.startsWith(cell) ? colourOf(cell, cell) + part.slice(cell.length) : part;
    })
    .join("");
}

/** A line that fits the width; what is cut off is told by an ellipsis. */
export const clip = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;

/** Objects as YAML; the library is loaded only when it is asked for. */
export async function toYaml(value: unknown): Promise<string> {
  const { yamlOf } = await import("./yaml-output.ts");
  return yamlOf(value);
}

/** Writes a line; a reader that went away (`flare map | head`) is no error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export type OutputForm = "table" | "json" | "yaml";

/** Prints a value in the form that was asked for; the table is made only where it is. */
export async function printAs(form: OutputForm, value: unknown, asTable: () => string): Promise<void> {
  if (form === "json") print(JSON.stringify(value, null, 2));
  else print(form === "yaml" ? await toYaml(value) : asTable());
}
