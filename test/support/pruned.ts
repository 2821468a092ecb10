/**
 * Paths of what an API server did not keep as it was written: dropped, or changed. What it added, such as defaults, does
 * not count, nor does what it writes itself into `metadata`.
 */
export function prunedOf(written: unknown, kept: unknown, path = ""): readonly string[] {
  // Kubernetes 1.20 keeps an empty text that is applied as null.
  if (written === "" && kept === null) return [];
  if (typeof written !== "object" || written === null)
    return Object.is(written, kept) ? [] : [`${path}: ${told(written)} became ${told(kept)}`];
  if (Array.isArray(written) && Array.isArray(kept) && written.length !== kept.length)
    return [`${path}: ${written.length} items became ${kept.length}`];
  const of = (key: string): unknown =>
    typeof kept === "object" && kept !== null ? (kept as Record<string, unknown>)[key] : undefined;
  return Object.entries(written).flatMap(([key, value]) =>
    value === undefined || (path === ".metadata" && SERVERS.includes(key))
      ? []
      : prunedOf(value, of(key), `${path}.${key}`),
  );
}

const SERVERS: readonly string[] = ["uid", "resourceVersion", "generation", "creationTimestamp"];

const told = (value: unknown): string => JSON.stringify(value) ?? "nothing";
