import type { KubeObject } from "../../kubernetes/objects.ts";
import { HUB_MANAGER } from "../manager.ts";
import { MANAGED_BY } from "./node-flavors.ts";

/** Annotations by which the hub knows what it did to a Flavor that FLUIDOS made. */
export const MARKS = {
  /** Why it was taken off the market: only what the hub took off does it put back. */
  offMarket: "flare.clastix.io/off-market",
  /** The price that it wrote: another one is somebody's own, and stays. */
  price: "flare.clastix.io/price",
} as const;

/** A Flavor in the namespace of FLUIDOS, whoever made it: what has to be known to sell the GPUs of its node once. */
export interface SeenFlavor {
  readonly name: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  /** The hub made it. */
  readonly isOurs: boolean;
  /**
   * The resource manager that made it, or whose Flavor it is the rest of: the CLASTIX fork's, which reads annotations,
   * or upstream's, which knows no GPUs. They are told apart by the owner: upstream gives the Node a group that it does
   * not have. All parts of FLUIDOS write under one name, so their field manager tells nothing.
   */
  readonly manager: "fork" | "upstream" | undefined;
  /** The node of this cluster that it tells of; undefined where it does not say. */
  readonly node: string | undefined;
  /** The device group, in Flavors of a hub, what is left of them, and those that it filled. */
  readonly resource: string | undefined;
  readonly isAvailable: boolean;
  readonly offMarket: string | undefined;
  readonly markedPrice: string | undefined;
  readonly price: Readonly<Record<string, unknown>>;
  readonly gpu: Fields;
  readonly additional: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reduces a Flavor in the cluster of that provider. Never throws: what is of another form reads as empty. */
export function seenFlavorOf({ metadata = {}, ...rest }: KubeObject, provider: string): SeenFlavor {
  const { labels = {}, annotations = {} } = metadata;
  const spec = fieldsIn(rest, "spec");
  const typeData = fieldsIn(fieldsIn(spec, "flavorType"), "typeData");
  const additional = fieldsIn(fieldsIn(typeData, "properties"), "additionalProperties");
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === "Node");
  return {
    name: metadata.name ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    createdAt: metadata.creationTimestamp ?? "",
    isOurs: labels[MANAGED_BY] === HUB_MANAGER,
    manager: owner && (owner.apiVersion === "v1" ? "fork" : "upstream"),
    node: owner?.name ?? (additional.provider === provider ? textOf(additional.node) : undefined),
    resource: textOf(additional.resource),
    isAvailable: spec.availability === true,
    offMarket: annotations[MARKS.offMarket],
    markedPrice: annotations[MARKS.price],
    price: fieldsIn(spec, "price"),
    gpu: fieldsIn(fieldsIn(typeData, "characteristics"), "gpu"),
    additional,
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function fieldsIn(parent: object, key: string): Fields {
  const value = (parent as Fields)[key];
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
