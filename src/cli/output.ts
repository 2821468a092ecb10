/** Lines of cells as an aligned table, two blanks between columns, as kubectl prints them. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  "),
    )
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Objects as YAML; the library is loaded only when it is asked for. */
export async function toYaml(value: unknown): Promise<string> {
  const { yamlOf } = await import("./yaml-output.ts");
  return yamlOf(value);
}

/** Writes a line; a reader that went away (`flare map | head`) is no error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
