import { decide } from "../allocation/decide.ts";
import type { Placed } from "../allocation/decision.ts";
import { openLedger, reserve } from "../allocation/ledger.ts";
import { createDemandBook } from "../allocation/packing/demand.ts";
import { createForecaster } from "../allocation/packing/forecaster.ts";
import { planMoves, type Seated } from "../allocation/plan-moves.ts";
import { relax } from "../allocation/relax.ts";
import { suggest } from "../allocation/suggest.ts";
import type { CurrencyRates, Snapshot } from "../allocation/types.ts";
import type { IntentsConfig } from "../hub/intents/config.ts";
import { catalogueModels } from "../hub/intents/models.ts";
import { mayMove } from "../hub/intents/movable.ts";
import { requirementOf } from "../hub/intents/requirement.ts";
import { formatProblems } from "../intent/problem.ts";
import type { IntentSpec } from "../intent/spec-schema.ts";
import type { MappingTables } from "../mapping/tables.ts";
import { siteTables, tablesWith } from "./built-in-tables.ts";
import { EXIT_CODES, UserError } from "./exit.ts";
import { printSimulations } from "./print-simulation.ts";
import { readConfig } from "./read-hub-config.ts";
import { readIntents } from "./read-intents.ts";
import { fileSites, liveSites, snapshotOf } from "./simulate-offers.ts";
import type { Simulation } from "./simulation.ts";

export interface SimulateFlags {
  readonly filename: string;
  readonly offers: readonly string[];
  readonly live?: boolean;
  readonly context: readonly string[];
  readonly kubeconfig?: string;
  readonly mappings: readonly string[];
  readonly config?: string;
  readonly currency?: string;
  readonly output: "table" | "json" | "yaml";
}

/** Runs `flare simulate` and returns its exit code. */
export async function runSimulation(flags: SimulateFlags): Promise<number> {
  if (flags.live !== true && flags.offers.length === 0) {
    throw new UserError(
      "which offers? Give --offers FILE with Nodes, or --live to read them through the kubeconfig",
    );
  }
  const { tolerations, intents } = await readConfig(flags.config);
  const currency = flags.currency ?? intents.currency;
  if (intents.currencyRates[currency] === undefined)
    throw new UserError(
      `--currency ${currency}: there is no rate for it; expected an ISO 4217 code such as EUR, or one of --config`,
    );
  const compiled = await tablesWith(await siteTables(flags.mappings));
  if (!compiled.ok) throw new UserError(compiled.problems.join("\n"), EXIT_CODES.failed);
  const wanted = await requirements(
    { ...flags, currency, currencyRates: intents.currencyRates },
    compiled.tables,
  );
  const sites = await Promise.all([
    fileSites(flags.offers),
    flags.live === true ? liveSites(flags.context, flags) : [],
  ]);
  const { snapshot, problems } = snapshotOf(sites.flat(), compiled.tables, {
    currencyRates: intents.currencyRates,
    tolerations,
  });
  for (const problem of problems) process.stderr.write(`flare: ${problem}\n`);
  const simulations = simulate(wanted, snapshot, intents.defragmentation);
  await printSimulations(simulations, snapshot, flags.output);
  return simulations.every(isPlaced) ? EXIT_CODES.ok : EXIT_CODES.nothingFits;
}

const isPlaced = ({ decision, relaxed }: Simulation): boolean =>
  decision.placed || (relaxed?.outcome === "placed" && !relaxed.needsConsent);

interface Wanted extends Pick<Simulation, "name" | "requirement"> {
  /** It could be moved so that a later one has room. */
  readonly mayMove: boolean;
}

/** New places that are looked for to make room for one. */
const MOST_TRIES = 128;

/** The requirements of all Intents; every problem of them all at once. */
async function requirements(
  flags: { readonly filename: string; readonly currency: string; readonly currencyRates: CurrencyRates },
  tables: MappingTables,
): Promise<readonly Wanted[]> {
  const context = {
    resolveModel: catalogueModels(tables.catalogue),
    now: Date.now(),
    currency: flags.currency,
    currencyRates: flags.currencyRates,
  };
  const wrong: string[] = [];
  const wanted: Wanted[] = [];
  const read = (name: string, spec: IntentSpec): void => {
    const result = requirementOf(spec, context);
    if (result.ok) wanted.push({ name, requirement: result.requirement, mayMove: mayMove(spec) });
    else wrong.push(`${name}:\n  ${formatProblems(result.problems, "\n  ")}`);
  };
  for (const { name, spec, problems } of await readIntents(flags.filename)) {
    if (spec !== undefined) read(name, spec);
    else wrong.push(`${name}:\n  ${formatProblems(problems, "\n  ")}`);
  }
  if (wrong.length > 0) throw new UserError(wrong.join("\n"));
  return wanted;
}

/** One Intent after the other, each on what those before it left, with room kept for what all of them ask. */
function simulate(
  wanted: readonly Wanted[],
  snapshot: Snapshot,
  { maxMoves, worseBy }: IntentsConfig["defragmentation"],
): readonly Simulation[] {
  const forecaster = createForecaster(createDemandBook());
  for (const { requirement } of wanted) forecaster.note(requirement);
  const seated: Seated[] = [];
  let ledger = forecaster.foresee(openLedger(snapshot));
  const take = ({ name, requirement, mayMove }: Wanted, { placements }: Placed): void => {
    ledger = reserve(ledger, placements);
    const cost = placements.reduce((sum, { units }) => sum + units, 0);
    if (mayMove) seated.push({ uid: name, requirement, placements, cost });
  };
  return wanted.map((one) => {
    const { name, requirement } = one;
    const decision = decide(ledger, requirement);
    if (decision.placed) {
      take(one, decision);
      return { name, requirement, decision, suggestions: [] };
    }
    const movable = seated.filter((each) => each.requirement.priority <= requirement.priority);
    const room = planMoves(ledger, requirement, movable, { maxMoves, worseBy, tries: MOST_TRIES });
    const relaxed = relax(ledger, requirement);
    const suggestions = suggest(ledger, requirement);
    if (relaxed.outcome === "placed" && !relaxed.needsConsent) take(one, relaxed.decision);
    return { name, requirement, decision, relaxed, ...(room && { room }), suggestions };
  });
}
