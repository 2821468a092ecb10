import type { KubeIntent } from "../hub/intents/intent-view.ts";
import type { IntentStatus } from "../intent/status-schema.ts";
import { formatDuration } from "../units/duration.ts";
import { table } from "./output.ts";

const MINUTE_MS = 60_000;

/** `3h20m` since an RFC 3339 time; whole minutes from two minutes on. */
export function ageOf(since: string | undefined, now: number): string {
  const from = Date.parse(since ?? "");
  if (Number.isNaN(from)) return "-";
  const ms = Math.max(0, now - from);
  return formatDuration(ms < 2 * MINUTE_MS ? ms - (ms % 1000) : ms - (ms % MINUTE_MS));
}

const HEADER = ["NAME", "PHASE", "MODEL", "GPUS", "PROVIDER", "RATE/H", "COST", "AGE", "MESSAGE"];

/** Intents as a table, with their namespaces where they are of several. The message is cut to the terminal. */
export function intentsTable(
  intents: readonly KubeIntent[],
  { now, width, namespaces }: { readonly now: number; readonly width?: number; readonly namespaces: boolean },
): string {
  const rows = intents.map(({ metadata = {}, status = {} }) => {
    const { placement, cost, phase = "Pending", message = "" } = status;
    const told = [
      metadata.name,
      phase,
      placement?.model,
      placement?.gpus,
      placement?.provider,
      cost?.rate,
      cost?.accrued,
      ageOf(metadata.creationTimestamp, now),
      message,
    ];
    return (namespaces ? [metadata.namespace, ...told] : told).map((cell) => String(cell ?? "-"));
  });
  const text = table([namespaces ? ["NAMESPACE", ...HEADER] : HEADER, ...rows]);
  return width === undefined
    ? text
    : text
        .split("\n")
        .map((line) => clip(line, width))
        .join("\n");
}

/** A line that fits the width; what is cut off is told by an ellipsis. */
export const clip = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, Math.max(1, width - 1))}…`;

/** Everything that is to be told of one Intent, section by section. */
export function describeIntent({ metadata = {}, status = {} }: KubeIntent, now: number): string {
  const { phase = "Pending", message = "", placement, cost, queue, workloadURL, gpuUtilization } = status;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Intent", `${metadata.namespace}/${metadata.name}`],
    ["Phase", phase],
    ["Message", message],
    ["Age", ageOf(metadata.creationTimestamp, now)],
    ["Queue", queue && `number ${queue.position}, since ${ageOf(queue.since, now)}`],
    ["GPUs", placement && `${placement.gpus}x ${placement.model ?? "?"}`],
    ["Place", placement && `${placement.node} of ${placement.provider}`],
    ["Rate", cost?.rate && `${cost.rate}/hour`],
    ["Cost so far", cost?.accrued],
    ["URL", workloadURL],
    ["GPU utilisation", gpuUtilization],
  ];
  const told = facts.filter(([, value]) => value !== undefined && value !== "");
  const rows = told.map(([name, value]) => [`${name}:`, value ?? ""]);
  return [table(rows), conditionsOf(status), alternativesOf(status)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function conditionsOf({ conditions = [] }: IntentStatus): string {
  if (conditions.length === 0) return "";
  const rows = conditions.map(({ type, status, reason, message }) => [`  ${type}`, status, reason, message]);
  return `Conditions:\n${table(rows)}`;
}

function alternativesOf({ decision }: IntentStatus): string {
  const { alternatives = [] } = decision ?? {};
  if (alternatives.length === 0) return "";
  const rows = alternatives.map(({ offer, model, rate }) => [`  ${offer}`, model ?? "-", rate ?? "-"]);
  return `What else would have done:\n${table(rows)}`;
}

const STEPS: readonly string[] = ["Pending", "Queued", "Reserved", "Provisioning", "Running"];

/** Where an Intent stands on its way, in one line: `Pending ▸ Reserved ▸ [Provisioning] ▸ Running  message`. */
export function progressLine({ status = {} }: KubeIntent): string {
  const { phase = "Pending", message = "" } = status;
  const way = !STEPS.includes(phase)
    ? `[${phase}]`
    : STEPS.filter((step) => step !== "Queued" || phase === "Queued")
        .map((step) => (step === phase ? `[${step}]` : step))
        .join(" ▸ ");
  return message === "" ? way : `${way}  ${message}`;
}
