import { randomUUID } from "node:crypto";
import * as z from "zod";
import { intentToRest } from "../../intent/rest.ts";
import { sleep } from "../../kubernetes/timing.ts";
import { GIB, parseBytes } from "../../units/memory.ts";
import { EXIT_CODES, UserError } from "../exit.ts";
import { ApiFailure, NetworkFailure } from "./api-failure.ts";
import { type RestClient, readAs } from "./rest-client.ts";
import {
  dryRunForm,
  gpusForm,
  type IntentForm,
  intentForm,
  intentsForm,
  madeTokenForm,
  submittedForm,
  tokensForm,
} from "./rest-forms.ts";
import { readServerEvents } from "./server-events.ts";
import type { DryRun, GpuRow, LogQuery, NewIntent, ToldIntent, UserHub, UserTokens } from "./user-hub.ts";

/** A hub by its REST API; `namespace`: the one to work in, where the tenant has several. */
export function createRestHub(client: RestClient, namespace: string | undefined): UserHub {
  return {
    place: `${namespace === undefined ? "" : `namespace ${namespace} at `}${client.server}`,
    gpus: ({ region }) => gpus(client, region),
    submit: (intent) => submit(client, namespace, intent),
    dryRun: (intent) => dryRun(client, namespace, intent),
    list: async ({ allNamespaces }) => {
      const query = allNamespaces ? {} : { namespace };
      return (await intents(client, query)).map(toldIntent);
    },
    get: (name) => get(client, namespace, name),
    watch: (from) => watch(client, from),
    cancel: async ({ uid }) => {
      await client.json({ method: "DELETE", path: pathOf(uid) }, z.unknown());
    },
    logs: ({ uid }, asked) => logs(client, uid, asked),
    tokens: tokensOf(client),
    close: () => client.close(),
  };
}

const pathOf = (uid: string): string => `/intents/${encodeURIComponent(uid)}`;
const PAGE = "500";
/** Pages of a list at most. */
const MOST_PAGES = 200;

/** All pages of a list, each by its cursor. */
async function* pages<T extends { readonly next_cursor?: string | undefined }>(
  load: (cursor: string | undefined) => Promise<T>,
): AsyncGenerator<T, void> {
  let cursor: string | undefined;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const page = await load(cursor);
    yield page;
    cursor = page.next_cursor;
    if (cursor === undefined) return;
  }
}

async function gpus(client: RestClient, region: string | undefined): Promise<readonly GpuRow[]> {
  const rows: GpuRow[] = [];
  const load = (cursor: string | undefined) =>
    client.json({ method: "GET", path: "/resources", query: { region, limit: PAGE, cursor } }, gpusForm);
  for await (const { available_gpus } of pages(load))
    for (const { model, profile, count, memory, location, cost_per_hour, ...row } of available_gpus)
      rows.push({
        ...row,
        model: profile === undefined ? model : `${model} ${profile}`,
        memoryGi: gibibytesOf(memory),
        free: count,
        region: location,
        rate: cost_per_hour,
      });
  return rows;
}

function gibibytesOf(memory: string | undefined): number | undefined {
  const bytes = memory === undefined ? undefined : parseBytes(memory, "binary");
  return bytes === undefined ? undefined : Math.round((bytes / GIB) * 100) / 100;
}

const bodyOf = ({ spec }: NewIntent) => ({ intent: intentToRest(spec) });
const inNamespace = (namespace: string | undefined): Record<string, string> =>
  namespace === undefined ? {} : { "X-Flare-Namespace": namespace };

async function submit(
  client: RestClient,
  namespace: string | undefined,
  intent: NewIntent,
): Promise<ToldIntent> {
  const made = await client.json(
    {
      method: "POST",
      path: "/intents",
      body: bodyOf(intent),
      headers: {
        ...inNamespace(intent.namespace ?? namespace),
        "X-Flare-Name": intent.name,
        // However often this has to be sent: it is asked for once.
        "Idempotency-Key": randomUUID(),
      },
      idempotent: true,
    },
    submittedForm,
  );
  const { intent_id, name, namespace: into, message } = made;
  return {
    uid: intent_id,
    name,
    namespace: into,
    phase: "Pending",
    message,
    conditions: [],
    alternatives: [],
    document: made,
  };
}

async function dryRun(client: RestClient, namespace: string | undefined, intent: NewIntent): Promise<DryRun> {
  try {
    const { message, estimated_cost, decision } = await client.json(
      {
        method: "POST",
        path: "/intents",
        query: { dry_run: "true" },
        body: bodyOf(intent),
        headers: inNamespace(intent.namespace ?? namespace),
        idempotent: true,
      },
      dryRunForm,
    );
    return { message, estimated_cost, ...decision };
  } catch (error) {
    if (!(error instanceof ApiFailure) || !error.isRefusal) throw error;
    return { outcome: "refused", message: error.told, suggestions: error.suggestions };
  }
}

async function intents(
  client: RestClient,
  query: Readonly<Record<string, string | undefined>>,
): Promise<readonly IntentForm[]> {
  const found: IntentForm[] = [];
  const load = (cursor: string | undefined) =>
    client.json({ method: "GET", path: "/intents", query: { ...query, limit: PAGE, cursor } }, intentsForm);
  for await (const page of pages(load)) found.push(...page.intents);
  return found;
}

const UID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function get(client: RestClient, namespace: string | undefined, name: string): Promise<ToldIntent> {
  const uid = UID.test(name) ? name : await uidOf(client, namespace, name);
  return toldIntent(await client.json({ method: "GET", path: pathOf(uid) }, intentForm));
}

const REPLICAS_AGREE_MS = 500;

async function uidOf(client: RestClient, namespace: string | undefined, name: string): Promise<string> {
  const look = () => intents(client, { name, namespace });
  let [found, another] = await look();
  if (found === undefined) {
    // One that was just made may not have come to this replica yet.
    await sleep(REPLICAS_AGREE_MS);
    [found, another] = await look();
  }
  if (found === undefined) {
    const where = namespace === undefined ? client.server : `namespace ${namespace} at ${client.server}`;
    throw new UserError(
      `there is no Intent "${name}" in ${where}; flare intents has those there are`,
      EXIT_CODES.notFound,
    );
  }
  if (another !== undefined)
    throw new UserError(
      `there are several Intents "${name}", in namespaces ${found.namespace} and ${another.namespace}: choose by -n`,
    );
  return found.intent_id;
}

/** A stream has a sign of life every 15 s. */
const SILENCE_MS = 60_000;
/** Streams that broke one after the other without a word. */
const MOST_FAILURES = 6;

/** A stream that breaks is opened anew, and begins with the state as it is then. */
async function* watch(client: RestClient, from: ToldIntent): AsyncGenerator<ToldIntent, void> {
  for (let failures = 0; ; failures += 1) {
    try {
      for await (const state of statesOf(client, from.uid)) {
        if (state === "gone") return;
        failures = 0;
        yield toldIntent(state);
      }
    } catch (error) {
      if (isGone(error)) return;
      if (!isPassing(error) || failures >= MOST_FAILURES) throw error;
    }
    await sleep(Math.min(15_000, 250 * 2 ** failures));
  }
}

async function* statesOf(client: RestClient, uid: string): AsyncGenerator<IntentForm | "gone", void> {
  const headers = { Accept: "text/event-stream" };
  const call = { method: "GET", path: `${pathOf(uid)}/events`, headers } as const;
  for await (const { event, data } of readServerEvents(client.stream(call, SILENCE_MS))) {
    if (event === "gone") yield "gone";
    if (event === "status") yield readAs(intentForm, data, client.server);
  }
}

const isGone = (error: unknown): boolean => error instanceof ApiFailure && error.status === 404;
const isPassing = (error: unknown): boolean =>
  (error instanceof NetworkFailure && error.isPassing) ||
  (error instanceof ApiFailure && (error.status === 429 || error.status >= 502));

/** Follows as long as there is something to follow: the API ends a stream that says nothing with a comment of its own. */
function logs(client: RestClient, uid: string, { follow, tail, task }: LogQuery): AsyncIterable<Uint8Array> {
  const query = {
    follow: follow ? "true" : undefined,
    tail: tail === undefined ? undefined : String(tail),
    task: task === undefined ? undefined : String(task),
  };
  const headers = { Accept: "text/plain" };
  // A program may say nothing for hours while it works.
  return client.stream(
    { method: "GET", path: `${pathOf(uid)}/logs`, query, headers },
    follow ? 24 * 3_600_000 : SILENCE_MS,
  );
}

function tokensOf(client: RestClient): UserTokens {
  return {
    create: ({ name, expiresIn, permissions }) => {
      const body = { name, expires_in: expiresIn, permissions };
      // Not sent again: a second one would be another token.
      return client.json({ method: "POST", path: "/auth/tokens", body }, madeTokenForm);
    },
    list: async () => {
      const load = (cursor: string | undefined) =>
        client.json({ method: "GET", path: "/auth/tokens", query: { limit: PAGE, cursor } }, tokensForm);
      const found = [];
      for await (const { tokens } of pages(load)) found.push(...tokens);
      return found;
    },
    revoke: async (tokenId) => {
      const path = `/auth/tokens/${encodeURIComponent(tokenId)}`;
      await client.json({ method: "DELETE", path }, z.unknown());
    },
  };
}

const ENDS: Readonly<Record<string, ToldIntent["end"]>> = {
  Completed: "completed",
  Failed: "failed",
  Cancelled: "failed",
};

/** The API's form of an Intent as it is told to people. */
function toldIntent(form: IntentForm): ToldIntent {
  const { placement, queue_position } = form;
  return {
    uid: form.intent_id,
    name: form.name,
    namespace: form.namespace,
    phase: form.phase,
    message: form.message,
    createdAt: form.created_at,
    placement,
    rate: form.estimated_cost?.replace(/\/hour$/, ""),
    cost: form.current_cost,
    queue: queue_position === undefined ? undefined : { position: queue_position },
    url: form.workload_url,
    gpuUtilization: form.gpu_utilization,
    conditions: [],
    alternatives: [],
    end: ENDS[form.phase],
    document: form,
  };
}
