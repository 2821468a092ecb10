import { type Ledger, openLedger } from "./ledger.ts";

/** The ledger of these nodes alone: what is reserved on them can be released and reserved there, as on the whole. */
export function ledgerOn(ledger: Ledger, nodes: ReadonlySet<string>): Ledger {
  const positions = [...nodes].flatMap((node) => ledger.index.byNode.get(node) ?? []);
  const at = <T>(all: readonly T[]): T[] =>
    positions.flatMap((position) => all.slice(position, position + 1));
  const { currencyRates, forecast } = ledger;
  return {
    ...openLedger({ offers: at(ledger.told), currencyRates, ...(forecast && { forecast }) }),
    offers: at(ledger.offers),
    uses: at(ledger.uses),
    absent: ledger.absent.filter(({ node }) => nodes.has(node)),
  };
}
