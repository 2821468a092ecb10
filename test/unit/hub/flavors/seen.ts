import type { SeenFlavor } from "../../../../src/hub/flavors/seen-flavor.ts";

/** A Flavor of node gpu-1 that is on the market and says nothing of GPUs, unless told otherwise. */
export const seen = (parts: Partial<SeenFlavor> & { readonly name: string }): SeenFlavor => ({
  resourceVersion: "7",
  createdAt: "2026-01-01T00:00:00Z",
  isOurs: false,
  manager: undefined,
  node: "gpu-1",
  resource: undefined,
  isAvailable: true,
  offMarket: undefined,
  markedPrice: undefined,
  price: { amount: "", currency: "", period: "" },
  gpu: { model: "", cores: "0", memory: "0" },
  additional: {},
  ...parts,
});
