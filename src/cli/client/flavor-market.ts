import { suggest } from "../../allocation/suggest.ts";
import { assess } from "../../hub/api/intents/assess.ts";
import { decisionForm } from "../../hub/api/intents/decision-form.ts";
import { suggestionForm } from "../../hub/api/intents/refusal.ts";
import { DEFAULT_CURRENCY_RATES } from "../../hub/intents/currency-rates.ts";
import { explain } from "../../hub/intents/explain.ts";
import { catalogueModels } from "../../hub/intents/models.ts";
import { requirementOf } from "../../hub/intents/requirement.ts";
import { createRegions } from "../../hub/inventory/regions.ts";
import { formatProblems } from "../../intent/problem.ts";
import type { IntentSpec } from "../../intent/spec-schema.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { MappingTables } from "../../mapping/tables.ts";
import { tablesWith } from "../built-in-tables.ts";
import { EXIT_CODES, UserError } from "../exit.ts";
import { isIn, readFlavorOffers, rowOfOffer } from "./flavor-offers.ts";
import type { DryRun, GpuRow } from "./user-hub.ts";

/** What a hub tells by its Flavors of what there is. */
export interface FlavorMarket {
  gpus(region: string | undefined): Promise<readonly GpuRow[]>;
  /** Decides here, by the allocator of the hub, on what the Flavors say. */
  dryRun(spec: IntentSpec): Promise<DryRun>;
}

/** Currency of amounts that name none, as a hub has it that nobody told another. */
const CURRENCY = "EUR";

/** Creates it; nothing is read before it is asked. */
export function createFlavorMarket(
  client: Pick<KubeClient, "raw" | "list">,
  namespace: string,
): FlavorMarket {
  const read = async () => {
    const tables = await builtInTables();
    const regions = createRegions(tables.lookups.get("regions")?.tree);
    return { tables, offers: await readFlavorOffers(client, namespace, regions) };
  };
  return {
    gpus: async (region) => {
      const { offers } = await read();
      return offers.filter((offer) => region === undefined || isIn(offer, region)).map(rowOfOffer);
    },
    dryRun: async (spec) => {
      const { tables, offers } = await read();
      const requirement = requirementFor(spec, tables);
      const snapshot = { offers, currencyRates: DEFAULT_CURRENCY_RATES };
      const assessment = assess(snapshot, requirement);
      const { decision } = assessment;
      const suggestions = decision.placed ? [] : suggest(snapshot, requirement).map(suggestionForm);
      return { message: explain(decision, offers), ...decisionForm(assessment, offers), suggestions };
    },
  };
}

async function builtInTables(): Promise<MappingTables> {
  const compiled = await tablesWith([]);
  if (compiled.ok) return compiled.tables;
  throw new UserError(compiled.problems.join("\n"), EXIT_CODES.failed);
}

function requirementFor(spec: IntentSpec, tables: MappingTables) {
  const context = {
    resolveModel: catalogueModels(tables.catalogue),
    now: Date.now(),
    currency: CURRENCY,
    currencyRates: DEFAULT_CURRENCY_RATES,
  };
  const read = requirementOf(spec, context);
  if (read.ok) return read.requirement;
  throw new UserError(formatProblems(read.problems, "\n"));
}
