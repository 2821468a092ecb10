/**
 * The optimum of arranging Intents on offers, by a mixed integer program; a proved bound where the solver runs out of time.
 * Written for itself: of the allocator it uses the conditions and the objective of one offer, nothing of the search.
 */
import type { Highs } from "highs";
import highsModule from "highs";
import { hourlyBounds } from "../../src/allocation/bounds.ts";
import { nodeKey, zoneKey } from "../../src/allocation/capacity.ts";
import { taskRate } from "../../src/allocation/figures.ts";
import { match } from "../../src/allocation/match.ts";
import { evaluatorOf, isHigherBetter } from "../../src/allocation/objective.ts";
import { type Requirement, strategyOf } from "../../src/allocation/requirement.ts";
import { moneyBound } from "../../src/allocation/spending.ts";
import type { Snapshot } from "../../src/allocation/types.ts";

/** The value as the allocator tells it (sums; means for latency and balanced), lower better. */
export interface Optimum {
  /** No arrangement places more; exact where `proved`. */
  readonly placed: number;
  /** No arrangement that places so many has a smaller loss; exact where `proved`. */
  readonly loss: number;
  readonly proved: boolean;
}

export interface ExactOptions {
  /** All of them have to be placed; absent: as many as can be. */
  readonly all?: boolean;
  /** Seconds for each of the two programs. */
  readonly seconds: number;
  /** True: without whole numbers, a bound for instances that are too large. */
  readonly relaxed?: boolean;
}

export interface Exact {
  solve(snapshot: Snapshot, requirements: readonly Requirement[], options: ExactOptions): Optimum;
}

// The package's types are those of its CommonJS form; Node imports its ES module, whose default is the loader itself.
const loadHighs = highsModule as unknown as typeof highsModule.default;

/** Loads the solver. */
export async function createExact(): Promise<Exact> {
  const highs = await loadHighs();
  return { solve: (snapshot, requirements, options) => optimum(highs, snapshot, requirements, options) };
}

function optimum(
  highs: Highs,
  snapshot: Snapshot,
  requirements: readonly Requirement[],
  options: ExactOptions,
): Optimum {
  const program = programOf(snapshot, requirements);
  const placed = requirements.map((_, index) => `y${index}`).join(" + ");
  const solve = (sense: "Maximize" | "Minimize", objective: string, more: readonly string[]) =>
    run(highs, textOf(program, sense, objective, more, options), options);
  const most = options.all ? { value: requirements.length, proved: true } : solve("Maximize", placed, []);
  const count = Math.floor(most.value + 1e-6);
  const best = solve("Minimize", program.loss.join(" ") || "0 y0", [`${placed} >= ${count}`]);
  return { placed: count, loss: best.value, proved: most.proved && best.proved };
}

interface Program {
  readonly loss: readonly string[];
  readonly rows: readonly string[];
  readonly bounds: readonly string[];
  readonly wholes: readonly string[];
}

/**
 * How many tasks of each Intent go to each offer (x), whether it is placed (y), and in which zone (z) where all of its tasks
 * have to be in one.
 */
function programOf(snapshot: Snapshot, requirements: readonly Requirement[]): Program {
  const loads = {
    units: new Map<string, string[]>(),
    cpu: new Map<string, string[]>(),
    memory: new Map<string, string[]>(),
  };
  const parts = requirements.map((asked, index) => partOf(snapshot, asked, index, loads));
  const rows = snapshot.offers.flatMap((offer) => {
    const node = nodeKey(offer);
    return [
      ...limit(loads.units, offer.id, offer.free),
      ...limit(loads.cpu, node, offer.cpu),
      ...limit(loads.memory, node, offer.memoryGi),
    ];
  });
  return {
    loss: parts.flatMap(({ loss }) => loss),
    rows: [...parts.flatMap((part) => part.rows), ...rows],
    bounds: parts.flatMap(({ bounds }) => bounds),
    wholes: parts.flatMap(({ wholes }) => wholes),
  };
}

type Terms = Map<string, string[]>;

function limit(loads: Terms, key: string, most: number): readonly string[] {
  const terms = loads.get(key);
  loads.delete(key);
  return terms ? [`${terms.join(" ")} <= ${most}`] : [];
}

/** What one Intent adds. */
function partOf(
  snapshot: Snapshot,
  asked: Requirement,
  index: number,
  loads: { readonly units: Terms; readonly cpu: Terms; readonly memory: Terms },
): Program {
  const rates = snapshot.currencyRates;
  const evaluate = evaluatorOf(asked, rates);
  const isMean = asked.objective === "latency" || asked.objective === "balanced";
  const scale = (isHigherBetter(asked.objective) ? -1 : 1) / (isMean ? asked.tasks : 1);
  const zones: Terms = new Map();
  const fitting = snapshot.offers.flatMap((offer, at) => {
    if (match(asked, offer, rates).length > 0) return [];
    const value = evaluate(offer);
    if (value === undefined) throw new Error(`${offer.id} does not tell its ${asked.objective}`);
    const name = `x${index}_${at}`;
    push(loads.units, offer.id, term(asked.gpu.count, name));
    push(loads.cpu, nodeKey(offer), term(asked.cpu, name));
    push(loads.memory, nodeKey(offer), term(asked.memoryGi, name));
    push(zones, strategyOf(asked) === "colocated" ? zoneKey(offer) : "", name);
    const most = Math.min(asked.tasks, Math.floor(offer.free / asked.gpu.count));
    return [
      { name, loss: term(scale * value, name), rate: term(taskRate(offer, asked, rates) ?? 0, name), most },
    ];
  });
  const placed = `y${index}`;
  const seats = [...zones.values()].map((names, zone) => ({
    names,
    seat: zones.size > 1 ? `z${index}_${zone}` : placed,
  }));
  const money = moneyBound(hourlyBounds(asked, rates));
  return {
    loss: fitting.map(({ loss }) => loss),
    bounds: [`${placed} <= 1`, ...fitting.map(({ name, most }) => `${name} <= ${most}`)],
    wholes: [
      placed,
      ...fitting.map(({ name }) => name),
      ...(zones.size > 1 ? seats.map(({ seat }) => seat) : []),
    ],
    rows: [
      ...seats.map(({ names, seat }) => `${names.join(" + ")} - ${asked.tasks} ${seat} = 0`),
      ...(zones.size > 1 ? [`${seats.map(({ seat }) => seat).join(" + ")} - ${placed} = 0`] : []),
      ...(zones.size === 0 ? [`${placed} = 0`] : []),
      ...(money === undefined || fitting.length === 0
        ? []
        : [`${fitting.map(({ rate }) => rate).join(" ")} ${term(-money * (1 + 1e-9), placed)} <= 0`]),
    ],
  };
}

function push(terms: Terms, key: string, item: string): void {
  const list = terms.get(key);
  if (list) list.push(item);
  else terms.set(key, [item]);
}

const term = (factor: number, name: string): string =>
  `${factor < 0 ? "-" : "+"} ${Math.abs(factor)} ${name}`;

/** In the LP format of CPLEX. */
function textOf(
  { rows, bounds, wholes }: Program,
  sense: "Maximize" | "Minimize",
  objective: string,
  more: readonly string[],
  { relaxed }: ExactOptions,
): string {
  const numbered = [...rows, ...more].map((row, at) => ` r${at}: ${row}`);
  const parts = [
    sense,
    ` obj: ${objective}`,
    "Subject To",
    ...numbered,
    "Bounds",
    ...bounds.map((bound) => ` ${bound}`),
  ];
  return [...parts, ...(relaxed ? [] : ["Generals", ` ${wholes.join("\n ")}`]), "End", ""].join("\n");
}

/** The value of the program, or the bound that was proved until time was up. */
function run(
  highs: Highs,
  text: string,
  { seconds, relaxed }: ExactOptions,
): { readonly value: number; readonly proved: boolean } {
  return highs.withModel({ format: "lp", data: text }, (model) => {
    model.options.set({ output_flag: false, time_limit: seconds, mip_rel_gap: 1e-6 });
    model.run();
    const proved = model.getModelStatus() === highs.constants.modelStatus.optimal;
    if (proved) return { value: model.getObjectiveValue(), proved: relaxed !== true };
    const bound = model.info.get("mip_dual_bound");
    return { value: Number(bound), proved: false };
  });
}
