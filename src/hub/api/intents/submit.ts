import * as z from "zod";
import type { Decision, Placed, Placement } from "../../../allocation/decision.ts";
import type { Requirement } from "../../../allocation/requirement.ts";
import type { Suggestion } from "../../../allocation/suggest.ts";
import type { Money, Offer, Snapshot } from "../../../allocation/types.ts";
import { parseIntentRequest } from "../../../intent/parse.ts";
import { isRecord } from "../../../intent/read-document.ts";
import type { IntentSpec } from "../../../intent/spec-schema.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { formatMoney, formatRate } from "../../../units/money.ts";
import { explain, modelOf, rejections, rounded } from "../../intents/explain.ts";
import { INTENTS, type KubeIntent, viewOf } from "../../intents/intent-view.ts";
import { given } from "../../inventory/given.ts";
import { ApiError, problemError } from "../api-error.ts";
import type { Caller } from "../auth/authenticate.ts";
import { namespacesWith } from "../auth/permissions.ts";
import { sha256 } from "../auth/subject.ts";
import { kubeFailure } from "../kube-failure.ts";
import { type ApiRequest, type Reply, type Route, readQuery } from "../route.ts";
import { type ApiWorld, audit } from "../world.ts";
import { type Assessment, assess, readRequirement } from "./assess.ts";
import { requestObject, sameRequest } from "./intent-object.ts";
import { refusal, suggestionForm } from "./refusal.ts";
import { suggestionsFor } from "./suggestions.ts";
import { requireTenantQuota } from "./tenant-quota.ts";

const query = z.object({
  dry_run: z
    .enum(["true", "false"])
    .describe("true: only tell what would come of it, and do nothing.")
    .default("false"),
});

const alternativeForm = z.object({
  provider: z.string(),
  model: z.string().optional(),
  rate: z.string().optional(),
});

export const submitAnswer = z
  .object({
    intent_id: z.string().describe("The uid of the Intent; absent on a dry run.").optional(),
    status: z.enum(["pending", "running", "failed", "completed"]),
    message: z.string(),
    estimated_cost: z.string().describe('Such as "8.50 EUR/hour"; absent where it is not known.').optional(),
    estimated_start_time: z.iso.datetime().describe("Absent while it waits for GPUs of others.").optional(),
    name: z.string().optional(),
    namespace: z.string().optional(),
    dry_run: z.literal(true).optional(),
    decision: z
      .object({
        outcome: z.enum(["placed", "relaxed", "queued"]),
        considered: z.int(),
        fitting: z.int(),
        rejected: z.string().optional(),
        placement: z.array(alternativeForm.extend({ gpus: z.int() })).optional(),
        alternatives: z.array(alternativeForm).optional(),
        suggestions: z
          .array(
            z.object({
              alternative: z.string(),
              cost_difference: z.string().optional(),
              performance_impact: z.string().optional(),
            }),
          )
          .optional(),
      })
      .describe("How it would be decided; told on a dry run.")
      .optional(),
  })
  .meta({ id: "SubmitIntentResponse" });

type SubmitAnswer = z.output<typeof submitAnswer>;

/** POST /intents. */
export function submitRoute(world: ApiWorld): Route {
  return {
    method: "POST",
    path: "/intents",
    operationId: "submitIntent",
    summary: "Ask for GPUs and what is to run on them",
    tag: "Intents",
    access: "intents:write",
    query,
    body: { schema: "intent", type: "application/json" },
    headers: {
      "Idempotency-Key":
        "Any text: the same request under the same key makes one Intent, however often it is sent.",
      "X-Flare-Namespace":
        "Namespace of the Intent, where the tenant has several; the first by name if absent.",
    },
    answer: { status: 200, description: "It was accepted.", schema: submitAnswer },
    errors: [
      "INSUFFICIENT_RESOURCES",
      "GPU_MODEL_UNAVAILABLE",
      "GPU_MEMORY_INSUFFICIENT",
      "GPU_COUNT_INSUFFICIENT",
      "REGION_UNAVAILABLE",
      "COST_LIMIT_EXCEEDED",
      "QUOTA_EXCEEDED",
      "CONFLICT",
    ],
    handle: (request, caller) => submit(world, request, caller),
  };
}

interface Asked {
  readonly spec: IntentSpec;
  readonly requirement: Requirement;
}

async function submit(world: ApiWorld, request: ApiRequest, caller: Caller): Promise<Reply> {
  const isDryRun = readQuery(query, request.query).dry_run === "true";
  const namespace = chooseNamespace(request, caller);
  const key = idempotencyKey(request);
  const asked = readAsked(world, request.body);
  const name = key === undefined ? undefined : `intent-${sha256(`${namespace}\n${key}`).slice(0, 20)}`;
  if (name !== undefined && !isDryRun) {
    const replayed = await replay(world, { namespace, name }, asked.spec);
    if (replayed !== undefined) return replayed;
  }
  const { ledger } = world.market.now();
  const assessment = assess(ledger, asked.requirement);
  if (assessment.outcome === "refused") {
    throw refusal(assessment.decision, ledger.offers, suggestFor(world, caller, ledger, asked));
  }
  const share = requireTenantQuota(world, caller, asked.requirement, assessment.decision);
  const answer = answerTo(assessment, ledger.offers, world.now());
  const suggest = (): readonly Suggestion[] => suggestFor(world, caller, ledger, asked);
  if (isDryRun) return { status: 200, body: { ...answer, ...dryRun(ledger, assessment, suggest) } };
  const created = await world.pending.carryOut({ tenant: caller.grant.tenant, share }, () =>
    create(world, caller, { namespace, name }, asked.spec),
  );
  if (created === undefined) {
    const replayed = await replay(world, { namespace, name: name ?? "" }, asked.spec);
    return replayed ?? conflict("it was created and is gone again; send it under another Idempotency-Key");
  }
  const { uid = "", name: madeName = "" } = created.metadata ?? {};
  audit(world, request, caller, { action: "intent submitted", intent: `${namespace}/${madeName}`, uid });
  const body: SubmitAnswer = { intent_id: uid, ...answer, name: madeName, namespace };
  return { status: 200, headers: { Location: `/api/v1/intents/${uid}` }, body };
}

function conflict(message: string): never {
  throw new ApiError("CONFLICT", message);
}

function readAsked(world: ApiWorld, body: unknown): Asked {
  const parsed = parseIntentRequest(body, { currency: world.meaning.currency });
  if (!parsed.ok) throw problemError(parsed.problems);
  const root = isRecord(body) && Object.hasOwn(body, "intent") ? "intent" : "";
  return { spec: parsed.spec, requirement: readRequirement(parsed.spec, world.meaning, world.now(), root) };
}

function chooseNamespace(request: ApiRequest, { grant }: Caller): string {
  const mine = namespacesWith(grant, "intents:write");
  const chosen = request.header("X-Flare-Namespace");
  if (chosen !== undefined) {
    if (mine.includes(chosen)) return chosen;
    // The same words whether there is such a namespace or not.
    const message = "the namespace in X-Flare-Namespace is none in which you may create Intents";
    throw new ApiError("INSUFFICIENT_PERMISSIONS", message);
  }
  const [first] = mine;
  if (first !== undefined) return first;
  return conflict(`tenant ${grant.tenant} has no namespace in which you may create Intents; make one first`);
}

function idempotencyKey(request: ApiRequest): string | undefined {
  const key = request.header("Idempotency-Key");
  if (key === undefined || /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) return key;
  throw new ApiError("INVALID_FORMAT", "Idempotency-Key must be 1 to 255 printable ASCII characters");
}

/** Undefined: there is one under this name already. */
async function create(
  world: ApiWorld,
  caller: Caller,
  where: { readonly namespace: string; readonly name: string | undefined },
  spec: IntentSpec,
): Promise<KubeIntent | undefined> {
  try {
    return await world.client.create<KubeIntent>(INTENTS, requestObject(caller, where, spec), {
      timeoutMs: 10_000,
      retries: 1,
    });
  } catch (error) {
    if (isKubeError(error, "conflict") && where.name !== undefined) return undefined;
    throw kubeFailure(error, "the Intent cannot be created");
  }
}

/** The answer to a request that was made before under the same key; undefined where it was not. */
async function replay(
  world: ApiWorld,
  target: { readonly namespace: string; readonly name: string },
  spec: IntentSpec,
): Promise<Reply | undefined> {
  const found = await world.client
    .get<KubeIntent>(INTENTS, target, { timeoutMs: 5000 })
    .catch((error: unknown) => {
      if (isKubeError(error, "not-found")) return undefined;
      throw kubeFailure(error, "it cannot be told whether this was sent before");
    });
  if (found === undefined) return undefined;
  if (!sameRequest(found, spec))
    throw new ApiError("CONFLICT", "another request was sent under this Idempotency-Key; use a new one");
  const view = viewOf(found, world.meaning.currency);
  const body: SubmitAnswer = {
    intent_id: view.uid,
    status: "pending",
    message: "this request was made before",
    name: view.name,
    namespace: view.namespace,
  };
  return {
    status: 200,
    headers: { "Idempotency-Replayed": "true", Location: `/api/v1/intents/${view.uid}` },
    body,
  };
}

/** What is told about a request that is accepted. */
function answerTo(
  assessment: Assessment,
  offers: readonly Offer[],
  now: number,
): Omit<SubmitAnswer, "intent_id"> {
  const { decision } = assessment;
  if (!decision.placed)
    return { status: "pending", message: `accepted, and waits: ${explain(decision, offers)}` };
  const givenUp = assessment.outcome === "relaxed" ? ` (with fallback ${assessment.fallback})` : "";
  return {
    status: "pending",
    message: `accepted${givenUp}: ${explain(decision, offers)}`,
    ...given({
      estimated_cost: decision.rate && formatRate(rounded(decision.rate)),
      estimated_start_time: startOf(decision, offers, now).toISOString(),
    }),
  };
}

/** Now, and what the slowest of its offers says of a cold start. */
function startOf({ placements }: Placed, offers: readonly Offer[], now: number): Date {
  const chosen = new Set(placements.map(({ offer }) => offer));
  const seconds = offers
    .filter(({ id }) => chosen.has(id))
    .map(({ warm, sla }) => (warm === true ? 0 : (sla.coldStartSeconds ?? 0)));
  return new Date(now + Math.max(0, ...seconds) * 1000);
}

/** Each takes tens of decisions: who asks for many in a row gets some refusals without any. */
function suggestFor(
  { suggesting }: ApiWorld,
  { grant }: Caller,
  snapshot: Snapshot,
  { requirement }: Asked,
): readonly Suggestion[] {
  return suggesting.take(grant.tenant) === undefined ? suggestionsFor(snapshot, requirement) : [];
}

function dryRun(snapshot: Snapshot, { decision, outcome }: Assessment, suggest: () => readonly Suggestion[]) {
  const rejected = rejections(decision);
  const suggestions = decision.placed ? [] : suggest().map(suggestionForm);
  return {
    dry_run: true as const,
    message: explain(decision, snapshot.offers),
    decision: {
      outcome,
      considered: decision.considered,
      fitting: decision.fitting,
      ...(rejected === "" ? {} : { rejected }),
      ...placedForm(decision, snapshot.offers),
      ...(suggestions.length === 0 ? {} : { suggestions }),
    },
  };
}

function placedForm(decision: Decision, offers: readonly Offer[]) {
  if (!decision.placed) return {};
  const form = ({ offer, provider }: Placement, rate: Money | undefined) => ({
    provider,
    ...given({
      model: modelOf(offers.find(({ id }) => id === offer)),
      rate: rate && formatMoney(rounded(rate)),
    }),
  });
  return {
    placement: decision.placements.map((each) => ({ ...form(each, each.rate), gpus: each.units })),
    alternatives: decision.alternatives.flatMap(({ placements, rate }) =>
      placements.slice(0, 1).map((first) => form(first, rate)),
    ),
  };
}
