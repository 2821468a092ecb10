import { parseQuantity, quantityToNumber } from "../../../units/quantity.ts";

/** A bound that a ResourceQuota of a tenant sets on something that Intents take. */
export interface HardLimit {
  /** As it is written: `requests.nvidia.com/gpu`. */
  readonly name: string;
  /** The extended resource that is bounded; undefined: the number of Intents. */
  readonly resource: string | undefined;
  readonly limit: number;
  /** Whether all namespaces of the tenant together have it, or each of them. */
  readonly scope: "tenant" | "namespace";
}

/** `spec.resourceQuotas` of a Capsule Tenant, as it comes over the wire. */
export interface CapsuleQuotas {
  readonly scope?: string;
  readonly items?: readonly {
    readonly hard?: Readonly<Record<string, string | number>>;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: object;
  }[];
}

const INTENTS = "count/intents.flare.clastix.io";
/** `requests.nvidia.com/gpu`: of extended resources a quota can bound the requests alone. */
const EXTENDED = /^requests\.([a-z0-9.-]+\/.+)$/;

/**
 * The bounds of a tenant's ResourceQuotas that concern GPUs and Intents. An item that holds for some pods alone (scopes)
 * says nothing of Intents, which have none yet; the provider's cluster minds it. An amount that is none bounds nothing.
 */
export function hardLimits({ scope, items = [] }: CapsuleQuotas = {}): readonly HardLimit[] {
  return items
    .filter(({ scopes = [], scopeSelector }) => scopes.length === 0 && scopeSelector === undefined)
    .flatMap(({ hard = {} }) => Object.entries(hard))
    .flatMap(([name, amount]): readonly HardLimit[] => {
      const [, resource] = EXTENDED.exec(name) ?? [];
      const quantity = parseQuantity(amount);
      if (quantity === undefined || (resource === undefined && name !== INTENTS)) return [];
      const of = scope === "Namespace" ? "namespace" : "tenant";
      return [{ name, resource, limit: quantityToNumber(quantity), scope: of }];
    });
}
