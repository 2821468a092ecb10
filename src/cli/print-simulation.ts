import type { Decision, Placement } from "../allocation/decision.ts";
import type { MovePlan } from "../allocation/plan-moves.ts";
import type { Relaxed } from "../allocation/relax.ts";
import type { Suggestion } from "../allocation/suggest.ts";
import type { Money, Offer, Snapshot } from "../allocation/types.ts";
import { describePlacement, explain, modelOf, rounded } from "../hub/intents/explain.ts";
import { formatRate } from "../units/money.ts";
import { print, table, toYaml } from "./output.ts";
import type { Simulation } from "./simulation.ts";

/** Prints what would become of Intents, in the form that was asked for. */
export async function printSimulations(
  simulations: readonly Simulation[],
  { offers }: Snapshot,
  output: "table" | "json" | "yaml",
): Promise<void> {
  if (output === "table") return print(simulations.map((one) => textOf(one, offers)).join("\n\n"));
  const documents = simulations.map((one) => ({ explanation: explain(one.decision, offers), ...one }));
  print(output === "json" ? JSON.stringify(documents, null, 2) : await toYaml(documents));
}

function textOf(
  { name, decision, relaxed, room, suggestions }: Simulation,
  offers: readonly Offer[],
): string {
  const sections = [
    `INTENT ${name}: ${decision.placed ? "placed" : "not placed"}`,
    explain(decision, offers),
    placements(decision, offers),
    rejected(decision),
    alternatives(decision, offers),
    relaxed === undefined ? "" : sayRelaxed(relaxed, offers),
    room === undefined ? "" : roomMade(room, offers),
    suggested(suggestions),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

const PLACES = ["  PROVIDER", "NODE", "MODEL", "UNITS", "TASKS", "RATE/H"];

function placements(decision: Decision, offers: readonly Offer[]): string {
  if (!decision.placed) return "";
  return table([PLACES, ...decision.placements.map((placement) => placeRow(placement, offers))]);
}

function placeRow(
  { offer, provider, node, resource, units, tasks, rate }: Placement,
  offers: readonly Offer[],
) {
  const model = modelOf(offers.find(({ id }) => id === offer)) ?? resource;
  return [`  ${provider}`, node, model, String(units), String(tasks), sayRate(rate)];
}

function rejected({ rejected: all }: Decision): string {
  if (all.length === 0) return "";
  const rows = all.map(({ code, count, failing }) => [`  ${code}`, String(count), String(failing)]);
  return `Rejected (first reason; failing it at all):\n${table([["  REASON", "FIRST", "FAILING"], ...rows])}`;
}

function alternatives(decision: Decision, offers: readonly Offer[]): string {
  if (!decision.placed || decision.alternatives.length === 0) return "";
  const rows = decision.alternatives.map(({ placements: places, rate }) => [
    `  ${places.map(({ provider, node }) => `${provider}/${node}`).join(", ")}`,
    places.map(({ offer }) => modelOf(offers.find(({ id }) => id === offer)) ?? "-").join(", "),
    sayRate(rate),
  ]);
  return `Alternatives:\n${table([["  WHERE", "MODEL", "RATE/H"], ...rows])}`;
}

function sayRelaxed(relaxed: Relaxed, offers: readonly Offer[]): string {
  if (relaxed.outcome === "queue") return "Negotiation: it would wait in the queue for what was asked.";
  if (relaxed.outcome === "none") return "Negotiation: nothing that it allows to give up would help.";
  const percent = Math.round(relaxed.concession * 100);
  const consent = relaxed.needsConsent
    ? "above the threshold, so it would ask first"
    : "taken without asking";
  return `Negotiation: fallback ${relaxed.rung.fallback} fits, ${percent} % off what was asked, ${consent}: ${explain(relaxed.decision, offers)}`;
}

/** What the hub does where `intents.defragmentation` allows it. */
function roomMade({ moves, decision }: MovePlan, offers: readonly Offer[]): string {
  const rows = moves.map(({ uid, decision: { placements: places, rate } }) => [
    `  ${uid}`,
    places.map((place) => describePlacement(place, offers)).join(" and "),
    sayRate(rate),
  ]);
  const got = decision.placements.map((place) => describePlacement(place, offers)).join(" and ");
  return `It would have ${got} if these moved:\n${table([["  INTENT", "TO", "RATE/H"], ...rows])}`;
}

function suggested(suggestions: readonly Suggestion[]): string {
  if (suggestions.length === 0) return "";
  const rows = suggestions.map(({ alternative, rate, costDifference, performanceDifference, decision }) => [
    `  ${alternative}`,
    decision.placements.map(({ provider, node }) => `${provider}/${node}`).join(", "),
    sayRate(rate),
    costDifference === undefined ? "-" : signed(costDifference.amount, 2),
    performanceDifference === undefined ? "-" : `${signed(performanceDifference * 100, 0)} %`,
  ]);
  return `It would fit with:\n${table([["  CHANGE", "WHERE", "RATE/H", "COST", "PERFORMANCE"], ...rows])}`;
}

const signed = (number: number, digits: number): string =>
  `${number < 0 ? "" : "+"}${number.toFixed(digits)}`;
const sayRate = (rate: Money | undefined): string => (rate === undefined ? "-" : formatRate(rounded(rate)));
