import type { DryRun, Suggested } from "./client/user-hub.ts";
import { type OutputForm, print, printAs, table } from "./output.ts";
import { type Screen, stdoutScreen } from "./screen.ts";

/** A request with what would come of it. */
export interface NamedDryRun extends DryRun {
  readonly name: string;
}

/** Prints what would come of requests, in the form that was asked for. */
export async function printDryRuns(dryRuns: readonly NamedDryRun[], output: OutputForm): Promise<void> {
  if (output !== "table") return printAs(output, dryRuns, () => "");
  print(dryRuns.map((each) => dryRunText(each, stdoutScreen())).join("\n\n"));
}

const OUTCOMES: Readonly<Record<DryRun["outcome"], string>> = {
  placed: "would be placed now",
  relaxed: "would be placed now, with something given up that it allows to give up",
  queued: "would wait in the queue",
  refused: "would be refused",
};

/** One decision with its reasons, section by section. */
export function dryRunText(dryRun: NamedDryRun, screen?: Screen): string {
  const {
    name,
    outcome,
    message,
    estimated_cost,
    placement = [],
    alternatives = [],
    suggestions = [],
  } = dryRun;
  const sections = [
    `${name}: ${OUTCOMES[outcome]}; nothing was done`,
    `Why: ${message}`,
    estimated_cost === undefined ? "" : `Cost: ${estimated_cost}`,
    rejectedText(dryRun, screen),
    listed("Where", ["PROVIDER", "MODEL", "GPUS", "RATE/H"], placement.map(placeRow), screen),
    listed(
      "What else would do",
      ["PROVIDER", "MODEL", "RATE/H"],
      alternatives.map((each) => placeRow(each).toSpliced(2, 1)),
      screen,
    ),
    listed("It would fit with", ["CHANGE", "COST", "PERFORMANCE"], suggestions.map(suggestionRow), screen),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

type Place = NonNullable<DryRun["placement"]>[number];
const placeRow = ({ provider, model, gpus, rate }: Place): readonly string[] => [
  provider,
  model ?? "-",
  String(gpus ?? "-"),
  rate ?? "-",
];
const suggestionRow = ({ alternative, cost_difference: cost, performance_impact: impact }: Suggested) => [
  alternative,
  cost ?? "-",
  impact ?? "-",
];

function rejectedText({ considered, fitting, rejected }: DryRun, screen?: Screen): string {
  if (considered === undefined) return "";
  const rows = (rejected ?? "").split(", ").flatMap((each) => {
    const [, reason, count] = /^(\S+) (\d+)$/.exec(each) ?? [];
    return reason === undefined || count === undefined ? [] : [[reason, count]];
  });
  const counted = `Offers: ${considered} considered, ${fitting ?? 0} fit`;
  const table = listed("Rejected, by the first reason", ["REASON", "OFFERS"], rows, screen);
  return table === "" ? counted : `${counted}\n${table}`;
}

function listed(
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  screen?: Screen,
): string {
  if (rows.length === 0) return "";
  const indented = [header, ...rows].map(([first = "", ...rest]) => [`  ${first}`, ...rest]);
  return `${title}:\n${table(indented, { screen })}`;
}
