/** Whether everything that `wanted` says is in `present`; what others added to an object does not count. */
export function covers(present: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(present) &&
      present.length === wanted.length &&
      wanted.every((item, index) => covers(present[index], item))
    );
  // Kubernetes 1.20 stores an empty text that is applied as null.
  if (wanted === "") return present === "" || present === null;
  if (typeof wanted !== "object" || wanted === null) return present === wanted;
  if (typeof present !== "object" || present === null || Array.isArray(present)) return false;
  return Object.entries(wanted).every(([key, value]) =>
    covers((present as Record<string, unknown>)[key], value),
  );
}
