import type { OfferPool, PooledNode } from "../../hub/inventory/offer-pool.ts";
import { table } from "../output.ts";
import { DOOR } from "./hubs.ts";

/** What somebody offers, as the hub's pool has it. */
export interface OfferRow {
  readonly seller: string;
  /** How the hub would get it. */
  readonly by: "FLUIDOS" | "kubeconfig";
  /** A node, or a Flavor of a cluster whose nodes nobody here sees. */
  readonly name: string;
  readonly model: string;
  readonly free: number;
  readonly total: number;
  /** Of one GPU and hour, in `currency`. */
  readonly rate: number | undefined;
  readonly currency: string;
  /** Why nothing of it can be had. */
  readonly closed?: string | undefined;
}

/** All offers, the cheapest first. */
export function readOffers(pool: OfferPool | undefined): readonly OfferRow[] {
  const nodes = pool === undefined ? [] : [...pool.nodes()];
  const rows = nodes.flatMap(({ provider, node, problems }) =>
    (pool?.available(provider, node.name) ?? []).map(
      (offer): OfferRow => ({
        seller: offer.operator ?? provider,
        by: provider === DOOR ? "FLUIDOS" : "kubeconfig",
        name: node.name,
        model: offer.gpu.model ?? "",
        free: offer.free,
        total: offer.total,
        rate: offer.unitRate,
        currency: offer.currency ?? "",
        closed: whyClosed(node.name, problems),
      }),
    ),
  );
  return rows.toSorted((left, right) => (left.rate ?? Infinity) - (right.rate ?? Infinity));
}

/** The problem without the name that stands before it. */
function whyClosed(name: string, problems: PooledNode["problems"]): string | undefined {
  const { message } = problems.find(({ code }) => code === "closed") ?? {};
  return message?.slice(message.indexOf(`${name}: `) + name.length + 2);
}

const HEADER = ["OFFERED BY", "REACHED BY", "NODE OR FLAVOR", "MODEL", "FREE", "OF", "RATE/GPU/H"];

export function offerTable(rows: readonly OfferRow[]): string {
  const cells = rows.map(({ seller, by, name, model, free, total, rate, currency, closed = "" }) => [
    seller,
    by,
    name,
    model,
    String(free),
    String(total),
    rate === undefined ? "-" : `${rate.toFixed(2)} ${currency}`,
    closed,
  ]);
  const isOpen = rows.every(({ closed }) => closed === undefined);
  return table([isOpen ? HEADER : [...HEADER, "WHY NOT"], ...cells]);
}
