import { DEVICE_MILLI } from "./capacity.ts";
import type { DeviceShare } from "./decision.ts";

/** The first devices that are wholly free. */
export function wholeDevices(free: readonly number[], count: number): readonly DeviceShare[] {
  return [...free.entries()]
    .filter(([, milli]) => milli === DEVICE_MILLI)
    .slice(0, count)
    .map(([device]) => ({ device, milli: DEVICE_MILLI }));
}

interface Shares {
  readonly milli: number;
  readonly tasks: number;
  /** Where the first one goes; -1: wherever it fits best. */
  readonly first: number;
}

/** One share after the other, each from the device with the least room that suffices. */
export function shareDevices(
  free: readonly number[],
  { milli, tasks, first }: Shares,
): readonly DeviceShare[] {
  const left = [...free];
  return Array.from({ length: tasks }, (_, task) => {
    const device = task === 0 && first >= 0 ? first : tightest(left, milli);
    left[device] = (left[device] ?? 0) - milli;
    return { device, milli };
  });
}

function tightest(free: readonly number[], milli: number): number {
  let best = -1;
  for (const [device, has] of free.entries()) {
    if (has >= milli && (best < 0 || has < (free[best] ?? 0))) best = device;
  }
  return best;
}
