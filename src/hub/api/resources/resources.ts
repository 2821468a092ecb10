import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import * as z from "zod";
import type { Problem } from "../../../intent/problem.ts";
import { parseBytes } from "../../../units/memory.ts";
import { formatMoney, parseMoney } from "../../../units/money.ts";
import { rounded } from "../../intents/explain.ts";
import type { IntentMeaning } from "../../intents/meaning.ts";
import { given } from "../../inventory/given.ts";
import { problemError } from "../api-error.ts";
import { isKnown } from "../etag.ts";
import { pageForm, pageOf, pageQuery } from "../page.ts";
import { type Bytes, type Reply, type Route, readQuery } from "../route.ts";
import type { ApiWorld } from "../world.ts";
import { createRows, inCurrency, isAskedFor, type ResourceFilter, type ResourceRow } from "./rows.ts";

const short = () => z.string().min(1).max(100);

const query = z.object({
  model: short().describe("GPU model by any of its names, such as nvidia-h100 or h100.").optional(),
  memory_min: short().describe("Least memory of a GPU, such as 40Gi.").optional(),
  region: short().describe("Region, zone, country, continent or group such as EU.").optional(),
  provider: short().describe("Provider, or who runs it.").optional(),
  tier: short().describe("premium, standard, gaming, inference or budget.").optional(),
  max_rate: short().describe('Most that a GPU may cost for an hour, such as "2.50 EUR".').optional(),
  available: z.enum(["true", "false"]).describe("true: only where something is free.").optional(),
  currency: z
    .string()
    .refine((text) => /^[A-Za-z]{3}$/.test(text), "is no currency such as EUR")
    .meta({ pattern: "^[A-Za-z]{3}$" })
    .describe("Currency of the prices, ISO 4217; each provider's own if absent.")
    .optional(),
  ...pageQuery,
});

export const availableGpu = z
  .object({
    provider: z.string(),
    operator: z.string().describe("Who runs the provider.").optional(),
    model: z.string(),
    variant: z.string().optional(),
    profile: z.string().describe("Slice of a GPU, such as 2g.20gb.").optional(),
    count: z.int().min(0).describe("How many are free."),
    total: z.int().min(0).describe("How many there are."),
    nodes: z.int().min(1).describe("On how many nodes."),
    largest_free: z.int().min(0).describe("The most that are free on one node."),
    memory: z.string().describe("Of one GPU, such as 80Gi.").optional(),
    tier: z.string().optional(),
    architecture: z.string().optional(),
    interconnect: z.string().optional(),
    sharing: z.string(),
    interruptible: z.boolean().describe("Spot: may be taken away at any time."),
    location: z.string().describe("Region, or the country where no region is told.").optional(),
    zone: z.string().optional(),
    country: z.string().optional(),
    cost_per_hour: z
      .string()
      .describe('Of one GPU, such as "2.50 EUR"; absent where nobody tells it.')
      .optional(),
  })
  .meta({ id: "AvailableGPU" });

const answer = z
  .object({ available_gpus: z.array(availableGpu), ...pageForm })
  .meta({ id: "AvailableResourcesResponse" });

/** Answers that are kept: each for one question, until the offers change. */
const MOST_ANSWERS = 128;
const compress = promisify(gzip);

/** GET /resources. */
export function resourcesRoute(world: ApiWorld): Route {
  const answers = createAnswers(world);
  const readings = createReadings(world);
  return {
    method: "GET",
    path: "/resources",
    operationId: "getAvailableResources",
    summary: "The GPUs that there are: how many, free and in all, where, and at what price",
    tag: "Resources",
    access: "resources:read",
    query,
    headers: { "If-None-Match": "ETag of an earlier answer: 304 while nothing has changed." },
    answer: { status: 200, description: "Rows of equal GPUs of a provider.", schema: answer },
    errors: [],
    handle: async (request): Promise<Reply> => {
      const { bytes, etag } = await answers(readings(request.query));
      // Everybody who may read resources reads the same, by their own right.
      const headers = { ETag: etag, "Cache-Control": "private, no-cache" };
      if (isKnown(request.header("If-None-Match"), etag)) return { status: 304, headers };
      return {
        status: 200,
        headers: { ...headers, "Content-Type": "application/json; charset=utf-8" },
        bytes,
      };
    },
  };
}

interface Asked {
  /** The same for the same question, however it is written. */
  readonly key: string;
  readonly filter: ResourceFilter;
  readonly currency: string | undefined;
  readonly page: { readonly limit: number; readonly cursor?: string | undefined };
}

/** Reads questions; those who look every few seconds write the same one. */
function createReadings(world: ApiWorld): (text: string) => Asked {
  const known = new Map<string, Asked>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const asked = readAsked(world, readQuery(query, text));
    const [oldest] = known.keys();
    if (known.size >= MOST_ANSWERS && oldest !== undefined) known.delete(oldest);
    known.set(text, asked);
    return asked;
  };
}

function readAsked({ meaning }: ApiWorld, asked: z.output<typeof query>): Asked {
  const problems: Problem[] = [];
  const report: Report = (path, message) => void problems.push({ path, reason: "invalid", message });
  const model = readModel(meaning, asked.model, report);
  const bytes = asked.memory_min === undefined ? undefined : parseBytes(asked.memory_min, "binary");
  if (asked.memory_min !== undefined && bytes === undefined) report("memory_min", "is no size such as 40Gi");
  const { currency, maxRate } = readMoney(meaning, asked, report);
  if (problems.length > 0) throw problemError(problems);
  const { region, provider, tier, available } = asked;
  const filter = given({
    ...model,
    region,
    provider,
    tier,
    memoryGiMin: bytes === undefined ? undefined : bytes / 2 ** 30,
    maxRate,
    available: available === undefined ? undefined : available === "true",
  });
  const page = { limit: asked.limit, cursor: asked.cursor };
  return { key: JSON.stringify([filter, currency, page]), filter, currency, page };
}

type Report = (path: string, message: string) => void;

function readModel({ resolveModel }: IntentMeaning, name: string | undefined, report: Report) {
  if (name === undefined) return {};
  const named = resolveModel(name);
  if (named.known) return { model: named.model, variant: named.variant };
  const hint = named.nearest.length === 0 ? "" : `; did you mean ${named.nearest.join(" or ")}?`;
  report("model", `no catalogue knows ${JSON.stringify(name)}${hint}`);
  return {};
}

function readMoney(
  meaning: IntentMeaning,
  asked: Pick<z.output<typeof query>, "currency" | "max_rate">,
  report: Report,
) {
  const currency = asked.currency?.toUpperCase();
  if (currency !== undefined) requireKnown(meaning, "currency", currency, report);
  if (asked.max_rate === undefined) return { currency, maxRate: undefined };
  const rate = parseMoney(asked.max_rate, currency ?? meaning.currency);
  if (rate === undefined) report("max_rate", 'is no amount such as "2.50 EUR"');
  else if (currency === undefined) requireKnown(meaning, "max_rate", rate.currency, report);
  else if (rate.currency !== currency)
    report("max_rate", `is in ${rate.currency}, and currency is ${currency}`);
  return { currency: currency ?? rate?.currency, maxRate: rate?.amount };
}

function requireKnown(
  { currencyRates }: IntentMeaning,
  path: string,
  currency: string,
  report: Report,
): void {
  if (!Object.hasOwn(currencyRates, currency))
    report(path, `${currency} is none that this hub knows: ${Object.keys(currencyRates).join(", ")}`);
}

interface Answer {
  readonly bytes: Bytes;
  readonly etag: string;
}

/** Answers questions, the same question about the same offers with the same bytes. */
function createAnswers({ market, meaning }: ApiWorld): (asked: Asked) => Promise<Answer> {
  const rowsOf = createRows();
  let version = -1;
  let rows: readonly ResourceRow[] = [];
  let known = new Map<string, Promise<Answer>>();
  return (asked) => {
    const now = market.now();
    if (now.version !== version) {
      version = now.version;
      rows = rowsOf(now.ledger.offers);
      known = new Map();
    }
    const { key, filter, currency, page } = asked;
    const found = known.get(key);
    if (found !== undefined) return found;
    const priced = currency === undefined ? rows : inCurrency(rows, currency, meaning.currencyRates);
    const made = toBytes(answerOf(priced, filter, page));
    if (known.size < MOST_ANSWERS) known.set(key, made);
    return made;
  };
}

function answerOf(rows: readonly ResourceRow[], filter: ResourceFilter, page: Asked["page"]) {
  const asked = rows.filter((row) => isAskedFor(row, filter));
  const { page: shown, next } = pageOf(asked, ({ key }) => key, page);
  return { available_gpus: shown.map(rowForm), ...next };
}

function rowForm(row: ResourceRow): z.output<typeof availableGpu> {
  const { provider, model, free, total, nodes, largestFree, sharing, interruptible, memoryGi, rate } = row;
  const { operator, variant, profile, tier, architecture, interconnect, region, zone, country } = row;
  return {
    provider,
    model,
    count: free,
    total,
    nodes,
    largest_free: largestFree,
    sharing,
    interruptible,
    ...given({
      operator,
      variant,
      profile,
      memory: memoryGi === undefined ? undefined : `${Math.round(memoryGi * 100) / 100}Gi`,
      tier,
      architecture,
      interconnect,
      location: region ?? country,
      zone,
      country,
      cost_per_hour: rate && formatMoney(rounded(rate)),
    }),
  };
}

async function toBytes(body: unknown): Promise<Answer> {
  const plain = Buffer.from(JSON.stringify(body));
  const hash = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return { bytes: { plain, gzip: await compress(plain) }, etag: `"${hash}"` };
}
