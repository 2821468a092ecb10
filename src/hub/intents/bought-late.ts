import type { BoughtLate } from "../engines/fluidos/late-purchases.ts";
import { announce, type World } from "./world.ts";

/** Tells people of a purchase that was found when nobody waited for it any more: also those who have deleted their Intent. */
export function tellBoughtLate(world: World, bought: BoughtLate): void {
  const { provider, intent, uid, flavor, contract, seller } = bought;
  const message = `Flavor ${flavor} of ${seller} was bought for this Intent after the hub had stopped waiting for it (${contract}): nothing runs on it. The Contract was deleted here, but FLUIDOS takes nothing back: the Flavor stays sold, and may be charged for, until its provider offers it anew`;
  const told = { type: "Warning", reason: "BoughtLate", message } as const;
  const { log, events } = world.context;
  log.warn({ provider, intent, uid, flavor, contract, seller }, message);
  const view = world.store.get(intent);
  if (view !== undefined && [view.uid, ""].includes(uid)) {
    announce(world, view, told);
    return;
  }
  const [namespace = "", name = ""] = intent.split("/");
  const subject = { apiVersion: "flare.clastix.io/v1alpha1", kind: "Intent", namespace, name };
  events.record(uid === "" ? subject : { ...subject, uid }, told);
}
