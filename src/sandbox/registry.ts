import { typesOfCrd } from "./crd.ts";
import { groupVersion } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import type { Store } from "./store.ts";

export const crdStorage = "apiextensions.k8s.io/customresourcedefinitions";

/** Which resources are served: the built-in ones and those of the CRDs in the store. */
export interface Registry {
  types(): readonly ResourceType[];
  find(group: string, version: string, plural: string): ResourceType | undefined;
  byKind(apiVersion: string, kind: string): ResourceType | undefined;
  /** A type whose objects are stored there, whichever version. */
  byStorage(storage: string): ResourceType | undefined;
}

export function createRegistry(builtIn: readonly ResourceType[], store: Store): Registry {
  const custom = new Map<string, readonly ResourceType[]>();
  let all: readonly ResourceType[] = builtIn;
  store.subscribe((event) => {
    if (event.resource !== crdStorage) return;
    const { name } = event.object.metadata;
    if (event.type === "DELETED") custom.delete(name);
    else custom.set(name, typesOfCrd(event.object));
    all = [...builtIn, ...[...custom.values()].flat()];
  });
  return {
    types: () => all,
    find: (group, version, plural) =>
      all.find((type) => type.group === group && type.version === version && type.plural === plural),
    byKind: (apiVersion, kind) =>
      all.find((type) => groupVersion(type.group, type.version) === apiVersion && type.kind === kind),
    byStorage: (storage) => all.find((type) => type.storage === storage && type.convert === undefined),
  };
}
