import { RESOURCE_SLICES } from "../../../fluidos/kinds.ts";
import type { ResourceSlice } from "../../../fluidos/liqo.ts";
import type { ConsumerView } from "./consumer-view.ts";
import type { DealWork } from "./deal-work.ts";

/**
 * Slices that FLUIDOS made for what we had given back by then: it goes on with a peering that it has begun, whether or not
 * its Allocation is still there. Known by their name, which is that of a Contract that is gone and that was ours.
 */
export function lateSlices(view: ConsumerView): readonly ResourceSlice[] {
  const gone = new Set(view.candidates().flatMap((read) => (read.ok ? (read.candidate.soldBy ?? []) : [])));
  for (const { name } of view.contracts()) gone.delete(name);
  for (const { contract } of view.allocations()) gone.delete(contract);
  return [...gone].flatMap((contract) => view.slices(contract)).filter(({ deleting }) => !deleting);
}

/** Deletes them; Liqo deletes what it made of them. */
export async function dropLateSlices({
  client,
  view,
  signal,
}: Pick<DealWork, "client" | "view" | "signal">): Promise<void> {
  for (const slice of lateSlices(view)) await client.delete(RESOURCE_SLICES, slice, { signal });
}
