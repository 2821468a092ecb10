/** Splits `KEY=value` at the first `=`; the value may hold more of them, or nothing. Undefined without a `=`. */
export function splitEnv(entry: string): { readonly name: string; readonly value: string } | undefined {
  const index = entry.indexOf("=");
  return index <= 0 ? undefined : { name: entry.slice(0, index), value: entry.slice(index + 1) };
}
