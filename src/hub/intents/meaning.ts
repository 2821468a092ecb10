import type { CurrencyRates } from "../../allocation/types.ts";
import type { HostOwners } from "./host-names.ts";
import type { ResolveModel } from "./models.ts";

/** What an Intent means where it does not say: the same to everybody who reads one. */
export interface IntentMeaning {
  readonly resolveModel: ResolveModel;
  /** Of amounts and rates that name none, ISO 4217. */
  readonly currency: string;
  readonly currencyRates: CurrencyRates;
  readonly hosts?: HostOwners | undefined;
}
