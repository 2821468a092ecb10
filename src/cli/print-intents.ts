import { formatDuration } from "../units/duration.ts";
import type { ToldIntent } from "./client/user-hub.ts";
import { table } from "./output.ts";
import type { Screen } from "./screen.ts";

const MINUTE_MS = 60_000;

/** `3h20m` since an RFC 3339 time; whole minutes from two minutes on. */
export function ageOf(since: string | undefined, now: number): string {
  const from = Date.parse(since ?? "");
  if (Number.isNaN(from)) return "-";
  const ms = Math.max(0, now - from);
  return formatDuration(ms < 2 * MINUTE_MS ? ms - (ms % 1000) : ms - (ms % MINUTE_MS));
}

const HEADER = ["NAME", "PHASE", "MODEL", "GPUS", "PROVIDER", "RATE/H", "COST", "AGE", "MESSAGE"];
const EXPENDABLE = ["RATE/H", "MODEL", "COST", "GPUS", "AGE", "PROVIDER"];

/** Intents as a table, with their namespaces where they are of several. */
export function intentsTable(
  intents: readonly ToldIntent[],
  {
    now,
    screen,
    namespaces,
  }: { readonly now: number; readonly screen?: Screen; readonly namespaces: boolean },
): string {
  const rows = intents.map((intent) => {
    const { name, namespace, phase, placement, rate, cost, createdAt, message } = intent;
    const age = ageOf(createdAt, now);
    const told = [
      name,
      phase,
      placement?.model,
      placement?.gpus,
      placement?.provider,
      rate,
      cost,
      age,
      message,
    ];
    return (namespaces ? [namespace, ...told] : told).map((cell) => String(cell ?? "-"));
  });
  return table([namespaces ? ["NAMESPACE", ...HEADER] : HEADER, ...rows], {
    screen,
    expendable: EXPENDABLE,
  });
}

/** Everything that is to be told of one Intent, section by section. */
export function describeIntent(intent: ToldIntent, now: number, screen?: Screen): string {
  const { phase, message, placement, rate, cost, queue, url, gpuUtilization, createdAt } = intent;
  const waits = queue?.since === undefined ? "" : `, since ${ageOf(queue.since, now)}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Intent", `${intent.namespace}/${intent.name}`],
    ["Phase", phase],
    ["Message", message],
    ["Age", ageOf(createdAt, now)],
    ["Queue", queue && `number ${queue.position}${waits}`],
    ["GPUs", placement && `${placement.gpus}x ${placement.model ?? "?"}`],
    ["Place", placement && placeOf(placement)],
    ["Rate", rate && `${rate}/hour`],
    ["Cost so far", cost],
    ["URL", url],
    ["GPU utilisation", gpuUtilization],
  ];
  const told = facts.filter(([, value]) => value !== undefined && value !== "");
  // What is told of one alone may be long: it is not cut, and the terminal breaks its lines.
  const colours = screen && { isColoured: screen.isColoured };
  const rows = told.map(([name, value]) => [`${name}:`, value ?? ""]);
  return [
    table(rows, { screen: colours }),
    section("Conditions", intent.conditions),
    section("What else would have done", intent.alternatives),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

const placeOf = ({ node, provider }: NonNullable<ToldIntent["placement"]>): string =>
  node === undefined ? provider : `${node} of ${provider}`;

const section = (title: string, rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ""
    : `${title}:\n${table(rows.map(([first = "", ...rest]) => [`  ${first}`, ...rest]))}`;

const STEPS: readonly string[] = ["Pending", "Queued", "Reserved", "Provisioning", "Running"];

/** Where an Intent stands on its way, in one line: `Pending ▸ Reserved ▸ [Provisioning] ▸ Running  message`. */
export function progressLine({ phase, message }: Pick<ToldIntent, "phase" | "message">): string {
  const way = !STEPS.includes(phase)
    ? `[${phase}]`
    : STEPS.filter((step) => step !== "Queued" || phase === "Queued")
        .map((step) => (step === phase ? `[${step}]` : step))
        .join(" ▸ ");
  return message === "" ? way : `${way}  ${message}`;
}
