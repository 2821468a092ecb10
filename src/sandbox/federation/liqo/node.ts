import type { LiqoCondition, Node } from "../liqo-types.ts";

export const isNodeReady = (node: Node | undefined): boolean =>
  node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

/** The condition as it is now; the moment of its last change stays where nothing changed. */
export function condition(
  before: readonly LiqoCondition[] | undefined,
  now: string,
  next: Omit<LiqoCondition, "lastTransitionTime">,
): LiqoCondition {
  const known = before?.find(({ type }) => type === next.type);
  const same = known?.status === next.status && known.reason === next.reason;
  return { ...next, lastTransitionTime: same ? (known.lastTransitionTime ?? now) : now };
}
