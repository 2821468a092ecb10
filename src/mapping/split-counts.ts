import { type FoundGroup, slotsOf, unknownGroup } from "./found-group.ts";
import type { Problem } from "./result.ts";
import type { Scope } from "./scope.ts";

/**
 * Groups that split a resource (AMD's counted labels) have the counts of their labels, which are as old as the
 * labeller's last start. Together they cannot have more than is allocatable, and what is left over belongs to devices
 * that the labels do not describe.
 */
export function fitSplitGroups(
  groups: readonly FoundGroup[],
  scope: Scope,
  problems: Problem[],
): FoundGroup[] {
  const resources = new Set(groups.filter((group) => group.splits).map((group) => group.resource));
  let fitted = [...groups];
  for (const resource of resources) {
    const { allocatable } = scope.facts;
    if (!allocatable) continue;
    const slots = slotsOf(allocatable, resource);
    const own = fitted.filter((group) => group.resource === resource);
    fitted = [...fitted.filter((group) => group.resource !== resource), ...fitInto(slots, own)];
    const told = own.reduce((sum, group) => sum + group.count, 0);
    if (told !== slots) problems.push(mismatch(resource, told, slots, own.length, scope));
  }
  return fitted;
}

function fitInto(slots: number, groups: readonly FoundGroup[]): readonly FoundGroup[] {
  const [only] = groups;
  // All devices are of one kind, so what is allocatable is that kind.
  if (groups.length === 1 && only) return [{ ...only, count: slots }];
  let left = slots;
  const fitted = groups.flatMap((group) => {
    const count = Math.min(group.count, left);
    left -= count;
    return count > 0 ? [{ ...group, count }] : [];
  });
  const [first] = fitted;
  return first && left > 0 ? [...fitted, unknownGroup(first, left)] : fitted;
}

function mismatch(resource: string, told: number, slots: number, kinds: number, { facts }: Scope): Problem {
  const consequence =
    kinds === 1 || told < slots
      ? `${slots} are published${kinds > 1 ? `, ${slots - told} of them as unknown` : ""}`
      : "no more than that is published, the kinds that come last lose";
  return {
    code: "count-mismatch",
    severity: "warning",
    subject: resource,
    message: `node ${facts.name}: ${resource}: counted labels tell of ${told} devices, and ${slots} are allocatable; ${consequence}. Labels are as old as the labeller's last start`,
  };
}
