import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { REASON_WORDS } from "../allocation/reason-words.ts";
import type { ReasonCode } from "../allocation/reasons.ts";
import { INTENTS, type KubeIntent } from "../hub/intents/intent-view.ts";
import { PROVIDERS } from "../hub/providers/providers.ts";
import type { IntentDecision } from "../intent/status-schema.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject } from "../kubernetes/objects.ts";
import { UserError } from "./exit.ts";
import { table } from "./output.ts";

/** An Intent of the demo, as it stands. */
export interface IntentRow {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly model?: string | undefined;
  readonly gpus?: number | undefined;
  readonly provider?: string | undefined;
  readonly node?: string | undefined;
  readonly rate?: string | undefined;
  readonly message: string;
  /** Why it waits, in words. */
  readonly waitsFor?: string | undefined;
  /** Places that it left and that are not cleaned up yet. */
  readonly left: number;
}

const PATIENCE_MS = 20_000;
const POLL_MS = 50;
const SETTLED: readonly string[] = ["Running", "Queued", "Failed", "Completed"];

/** Asks until it is so, or patience or the demo ends. Returns whether it is. */
export async function waitFor(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE_MS && !signal.aborted; waited += POLL_MS) {
    if (await isSo()) return true;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** Submits the demo's Intents and waits until each of them runs or waits. */
export async function submitIntents(client: KubeClient, signal: AbortSignal): Promise<readonly IntentRow[]> {
  await waitFor(() => isServed(client), signal);
  // One after the other, so that the last one is the one for which there is no room.
  for (const intent of await readFixtureIntents("intents/intents.yaml")) {
    if (signal.aborted) break;
    await client.create(INTENTS, intent);
    const { name } = intent.metadata ?? {};
    await waitFor(
      async () => (await readIntents(client)).some((row) => row.name === name && SETTLED.includes(row.phase)),
      signal,
    );
  }
  return readIntents(client);
}

/** Seen from the bundle in dist/ and from src/cli/. */
const places = ["../fixtures/demo/", "../../fixtures/demo/"];

/** The Intents of a file of the demo. Throws a UserError where it is missing. */
export async function readFixtureIntents(file: string): Promise<readonly KubeIntent[]> {
  for (const place of places) {
    const path = fileURLToPath(new URL(`${place}${file}`, import.meta.url));
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined) return parseAllDocuments(text).map((document) => document.toJS() as KubeIntent);
  }
  throw new UserError(`the demo's Intents (fixtures/demo/${file}) are missing; run the demo from a checkout`);
}

/** Whether the hub knows what all of its providers have. */
async function isServed(client: KubeClient): Promise<boolean> {
  type Seen = KubeObject & { readonly status?: { readonly gpus?: { readonly total: number } } };
  const seen: Seen[] = [];
  for await (const page of client.list<Seen>(PROVIDERS)) seen.push(...page.items);
  return seen.every(({ status }) => (status?.gpus?.total ?? 0) > 0);
}

export async function readIntents(client: KubeClient): Promise<readonly IntentRow[]> {
  const rows: IntentRow[] = [];
  for await (const page of client.list<KubeIntent>(INTENTS)) rows.push(...page.items.map(rowOf));
  return rows;
}

function rowOf({ metadata, status = {} }: KubeIntent): IntentRow {
  const { placement, message = "", phase = "Pending", cost, decision, abandoned = [] } = status;
  const { name = "", namespace = "" } = metadata ?? {};
  const { model, gpus, provider, node } = placement ?? {};
  const waitsFor = phase === "Queued" && decision !== undefined ? sayRejections(decision) : undefined;
  const left = abandoned.length;
  return { namespace, name, phase, model, gpus, provider, node, rate: cost?.rate, message, waitsFor, left };
}

const isReason = (reason: string): reason is ReasonCode => Object.hasOwn(REASON_WORDS, reason);

function sayRejections({ considered, rejected = [] }: IntentDecision): string {
  const told = rejected.map(
    ({ reason, count }) => `${count} ${isReason(reason) ? REASON_WORDS[reason] : reason}`,
  );
  return `of ${considered} offers none fits: ${told.join(", ")}`;
}

const HEADER = ["NAMESPACE", "NAME", "PHASE", "MODEL", "GPUS", "PROVIDER", "NODE", "RATE/H"];

/** As `kubectl get intents -A` has it, with the node. */
export function intentTable(rows: readonly IntentRow[]): string {
  const cells = rows.map(({ namespace, name, phase, model, gpus, provider, node, rate }) =>
    [namespace, name, phase, model, gpus, provider, node, rate].map((value) =>
      value === undefined ? "-" : String(value),
    ),
  );
  return table([HEADER, ...cells]);
}
