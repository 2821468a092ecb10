import type { ProblemCode } from "./result.ts";

/** What is known of how many devices a resource has. */
export interface CountInput {
  /** Allocatable of the resource; undefined where nobody told what is allocatable. */
  readonly slots: number | undefined;
  /** What the labels say. */
  readonly count: number | undefined;
  /** Pods that share one device, by the labels; undefined where they do not tell. */
  readonly replicas: number | undefined;
  /** The labels say that devices are shared, though perhaps not by how many. */
  readonly shared: boolean;
  /** GPUs of the vendor that the hardware shows; undefined where it was not looked at. */
  readonly seen: number | undefined;
}

export interface Count {
  readonly count: number;
  readonly replicas: number;
  /** The labels did not say so: it was concluded. */
  readonly inferred: boolean;
  /** Slots that belong to devices which the labels do not describe. */
  readonly unknown: number;
  /** Sharing that no label tells, concluded from more slots than GPUs. */
  readonly hiddenSharing: boolean;
  readonly problem?: { readonly code: ProblemCode; readonly message: string };
}

const plain = (count: number, replicas: number, inferred = false): Count => ({
  count,
  replicas,
  inferred,
  unknown: 0,
  hiddenSharing: false,
});

/**
 * Settles devices and replicas from labels and allocatable. Allocatable is the truth for what can be had; labels are
 * the truth for how it is cut. Where they contradict each other the fewest GPUs are promised, and it is reported.
 * Undefined: there is nothing to be had, or nothing tells how much.
 */
export function settleCount(input: CountInput): Count | undefined {
  const { slots, count } = input;
  const replicas = input.replicas || undefined;
  if (count === 0 && slots === undefined) return undefined;
  if (slots === undefined) return withoutSlots(count, replicas, input.shared);
  if (slots <= 0) return undefined;
  return count ? withBoth({ ...input, replicas }, slots, count) : withoutCount(slots, replicas, input.shared);
}

/** A bare label set: nobody told what is allocatable. */
function withoutSlots(count: number | undefined, replicas: number | undefined, shared: boolean): Count {
  if (count !== undefined) return plain(count, replicas ?? 1, replicas === undefined && shared);
  return {
    ...plain(1, replicas ?? 1, true),
    problem: { code: "count-mismatch", message: "nothing tells how many devices there are; one is assumed" },
  };
}

function withBoth(input: CountInput, slots: number, count: number): Count {
  if (input.replicas === undefined && input.shared) return sharedByUnknown(slots, count);
  const replicas = input.replicas ?? 1;
  const expected = count * replicas;
  if (slots === expected) return plain(count, replicas);
  return slots < expected ? tooFew(slots, count, replicas) : tooMany(input, slots, count, replicas);
}

function withoutCount(slots: number, replicas: number | undefined, shared: boolean): Count {
  if (replicas === undefined && shared) {
    return {
      ...plain(1, slots, true),
      problem: {
        code: "count-mismatch",
        message: `${slots} shares are allocatable and no label tells of how many GPUs; one is promised`,
      },
    };
  }
  return plain(Math.max(1, Math.floor(slots / (replicas ?? 1))), Math.min(replicas ?? 1, slots));
}

function sharedByUnknown(slots: number, count: number): Count {
  const replicas = Math.max(1, Math.floor(slots / count));
  return plain(Math.min(count, slots), replicas, true);
}

function tooFew(slots: number, count: number, replicas: number): Count {
  return {
    ...plain(Math.max(1, Math.floor(slots / replicas)), Math.min(replicas, slots)),
    problem: {
      code: "count-mismatch",
      message: `labels say ${count} devices shared by ${replicas}, but only ${slots} are allocatable; unhealthy devices, or labels older than the node`,
    },
  };
}

function tooMany({ seen }: CountInput, slots: number, count: number, replicas: number): Count {
  const message = `labels say ${count} devices shared by ${replicas}, but ${slots} are allocatable`;
  if (seen === count && replicas === 1) {
    return {
      ...plain(count, Math.floor(slots / count), true),
      hiddenSharing: true,
      problem: {
        code: "count-mismatch",
        message: `${message}; the hardware has ${seen}, so they are shared without a label`,
      },
    };
  }
  const mixed = seen !== undefined && seen > count && seen * replicas === slots;
  return {
    ...plain(count, replicas),
    unknown: mixed ? seen - count : 0,
    problem: mixed
      ? {
          code: "mixed-models",
          message: `${message}; the hardware has ${seen} GPUs, so labels describe one model of several`,
        }
      : {
          code: "mixed-models",
          message: `${message}; labels describe one model of several, or sharing that their labeller was not told of; ${count} are promised`,
        },
  };
}
