import type { ResolvedGroup } from "./resolve.ts";

/**
 * Sets how many GPUs the slices of one model take together: as many as their slices fill, and as many as the most
 * numerous profile needs (two 3g or three 2g fit on seven slices). Each group takes its part of them.
 */
export function sharePhysical(groups: readonly ResolvedGroup[]): ResolvedGroup[] {
  const cut = groups.filter((group) => slicesOf(group) !== undefined);
  if (cut.length === 0) return [...groups];
  return groups.map((group) => {
    const own = slicesOf(group);
    if (own === undefined) return group;
    const siblings = cut.filter(
      (other) => other.model === group.model && other.found.vendor === group.found.vendor,
    );
    const filled = siblings.reduce((sum, other) => sum + (slicesOf(other)?.taken ?? 0), 0);
    const gpus = Math.max(
      Math.ceil(filled / own.of),
      ...siblings.map((other) => slicesOf(other)?.atLeast ?? 0),
    );
    return { ...group, physical: (gpus * own.taken) / filled };
  });
}

function slicesOf({
  found,
  specs,
}: ResolvedGroup): { of: number; taken: number; atLeast: number } | undefined {
  const each = found.fields.slices;
  const of = specs.slices;
  if (typeof each !== "number" || of === undefined || each < 1 || each > of) return undefined;
  return { of, taken: each * found.count, atLeast: Math.ceil(found.count / Math.floor(of / each)) };
}
