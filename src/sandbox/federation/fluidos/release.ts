import { type Controller, other } from "../controller.ts";
import { CONTRACTS, FLAVORS } from "../kinds.ts";
import { FLUIDOS, type ProviderSite } from "../world.ts";

/** What real providers lack: a Flavor whose Contract was deleted is for sale again. Does nothing where it is lacking. */
export function releaseController(provider: ProviderSite): Controller {
  const cluster = provider.cluster.as("rear-manager");
  return {
    name: `release of ${provider.name}`,
    wakes: [
      other(cluster, CONTRACTS, ({ spec }, { type }) =>
        type === "DELETED" && !provider.has("neverReleased") ? [spec.flavor.metadata.name] : [],
      ),
    ],
    reconcile: (name) => {
      const flavor = cluster.get(FLAVORS, name, FLUIDOS);
      const sold = cluster.list(CONTRACTS, FLUIDOS).some(({ spec }) => spec.flavor.metadata.name === name);
      if (flavor !== undefined && !sold && !flavor.spec.availability)
        cluster.update(FLAVORS, { ...flavor, spec: { ...flavor.spec, availability: true } });
      return undefined;
    },
  };
}
