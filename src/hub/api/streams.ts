import { elapsed } from "../../kubernetes/timing.ts";
import { ApiError } from "./api-error.ts";
import type { ApiWorld } from "./world.ts";

/** Counts a stream in. Throws RATE_LIMITED where there are as many as may be. */
export function enterStream(
  { streams, config }: Pick<ApiWorld, "streams" | "config">,
  tenant: string,
): () => void {
  const open = streams.get(tenant) ?? 0;
  const all = [...streams.values()].reduce((sum, count) => sum + count, 0);
  if (open >= config.limits.streamsPerTenant || all >= config.limits.streams)
    throw new ApiError("RATE_LIMITED", "there are too many open streams; close some, or ask now and then", {
      retryAfterSeconds: 30,
    });
  streams.set(tenant, open + 1);
  return () => {
    const left = (streams.get(tenant) ?? 1) - 1;
    if (left === 0) streams.delete(tenant);
    else streams.set(tenant, left);
  };
}

/** Looks now and then whether who reads a stream still may, also where the stream is never quiet. */
export interface Watchman {
  letsOn(): Promise<boolean>;
}

/** Creates one that asks `stays` so often, in milliseconds; a rejection means no. */
export function createWatchman(stays: () => Promise<boolean>, everyMs: number): Watchman {
  let lookedAt = elapsed();
  return {
    letsOn: async () => {
      // A timer may be a little early.
      if (elapsed() - lookedAt < everyMs - 50) return true;
      lookedAt = elapsed();
      return stays().catch(() => false);
    },
  };
}
