import * as z from "zod";
import type { Placed } from "../../../allocation/decision.ts";
import type { Requirement } from "../../../allocation/requirement.ts";
import type { Suggestion } from "../../../allocation/suggest.ts";
import type { Offer, Snapshot } from "../../../allocation/types.ts";
import { parseIntentRequest } from "../../../intent/parse.ts";
import { isRecord } from "../../../intent/read-document.ts";
import type { IntentSpec } from "../../../intent/spec-schema.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { explain } from "../../intents/explain.ts";
import { INTENTS, type KubeIntent, viewOf } from "../../intents/intent-view.ts";
import { given } from "../../inventory/given.ts";
import { ApiError, problemError } from "../api-error.ts";
import type { Caller } from "../auth/authenticate.ts";
import { namespacesWith } from "../auth/permissions.ts";
import { kubeFailure } from "../kube-failure.ts";
import { type ApiRequest, type Reply, type Route, readQuery } from "../route.ts";
import { type ApiWorld, audit } from "../world.ts";
import { type Assessment, assess, readRequirement } from "./assess.ts";
import { decisionForm, decisionSchema, estimatedCost } from "./decision-form.ts";
import { type NamedRequest, nameRequest, requestObject, sameKey, sameRequest } from "./intent-object.ts";
import { refusal, suggestionForm } from "./refusal.ts";
import { suggestionsFor } from "./suggestions.ts";
import { requireTenantQuota } from "./tenant-quota.ts";

const query = z.object({
  dry_run: z
    .enum(["true", "false"])
    .describe("true: only tell what would come of it, and do nothing.")
    .default("false"),
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
    decision: decisionSchema.optional(),
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
      "X-Flare-Name": "Name of the Intent, a DNS label; made up from that of its workload if absent.",
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
  const named = nameRequest(namespace, request.header("X-Flare-Name"), request.header("Idempotency-Key"));
  const asked = readAsked(world, caller, request.body);
  if (named.name !== undefined && !isDryRun) {
    const replayed = await replay(world, named, asked.spec);
    if (replayed !== undefined) return replayed;
  }
  const { ledger } = world.market.now();
  const assessment = assess(ledger, asked.requirement);
  if (assessment.outcome === "refused") {
    throw refusal(assessment.decision, ledger.offers, await suggestFor(world, caller, ledger, asked));
  }
  const key = named.name && `${namespace}/${named.name}`;
  const quota = { namespace, except: key };
  const share = requireTenantQuota(world, caller, asked.requirement, assessment.decision, quota);
  const answer = answerTo(assessment, ledger.offers, world.now());
  const suggest = (): Promise<readonly Suggestion[]> => suggestFor(world, caller, ledger, asked);
  if (isDryRun) return { status: 200, body: { ...answer, ...(await dryRun(ledger, assessment, suggest)) } };
  const created = await world.pending.carryOut({ tenant: caller.grant.tenant, key, share }, () =>
    create(world, caller, named, asked.spec),
  );
  if (created === undefined) {
    const replayed = await replay(world, named, asked.spec);
    return replayed ?? conflict("it was created and is gone again; send it under another Idempotency-Key");
  }
  const { uid = "", name = "" } = created.metadata ?? {};
  audit(world, request, caller, { action: "intent submitted", intent: `${namespace}/${name}`, uid });
  const body: SubmitAnswer = { intent_id: uid, ...answer, name, namespace };
  return { status: 200, headers: { Location: `/api/v1/intents/${uid}` }, body };
}

function conflict(message: string): never {
  throw new ApiError("CONFLICT", message);
}

function readAsked(world: ApiWorld, { grant: { tenant } }: Caller, body: unknown): Asked {
  const parsed = parseIntentRequest(body, { currency: world.meaning.currency });
  if (!parsed.ok) throw problemError(parsed.problems);
  const root = isRecord(body) && Object.hasOwn(body, "intent") ? "intent" : "";
  const requirement = readRequirement(parsed.spec, world.meaning, { tenant, now: world.now(), root });
  return { spec: parsed.spec, requirement };
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

/** Undefined: there is one under this name already. */
async function create(
  world: ApiWorld,
  caller: Caller,
  named: NamedRequest,
  spec: IntentSpec,
): Promise<KubeIntent | undefined> {
  try {
    return await world.client.create<KubeIntent>(INTENTS, requestObject(caller, named, spec), {
      timeoutMs: 10_000,
      retries: 1,
    });
  } catch (error) {
    if (isKubeError(error, "conflict") && named.name !== undefined) return undefined;
    throw kubeFailure(error, "the Intent cannot be created");
  }
}

/** The answer to a request that was made before under the same key; undefined where it was not. */
async function replay(world: ApiWorld, named: NamedRequest, spec: IntentSpec): Promise<Reply | undefined> {
  const { namespace, name = "" } = named;
  const found = await world.client
    .get<KubeIntent>(INTENTS, { namespace, name }, { timeoutMs: 5000 })
    .catch((error: unknown) => {
      if (isKubeError(error, "not-found")) return undefined;
      throw kubeFailure(error, "it cannot be told whether this was sent before");
    });
  if (found === undefined) return undefined;
  if (!sameKey(found, named)) return conflict(`there is an Intent ${namespace}/${name} already`);
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
      estimated_cost: estimatedCost(decision),
      estimated_start_time: startOf(decision, offers, now).toISOString(),
    }),
  };
}

/** Now, and what the slowest of its offers says of a cold start. */
function startOf({ placements }: Placed, offers: readonly Offer[], now: number): Date {
  const seconds = placements
    .map((placement) => offers.find(({ id }) => id === placement.offer))
    .map((offer) => (offer === undefined || offer.warm === true ? 0 : (offer.sla.coldStartSeconds ?? 0)));
  return new Date(now + Math.max(0, ...seconds) * 1000);
}

/** Each takes tens of decisions: who asks for many in a row gets some refusals without any. */
async function suggestFor(
  { suggesting }: ApiWorld,
  { grant }: Caller,
  snapshot: Snapshot,
  { requirement }: Asked,
): Promise<readonly Suggestion[]> {
  return suggesting.take(grant.tenant) === undefined ? suggestionsFor(snapshot, requirement) : [];
}

async function dryRun(
  { offers }: Snapshot,
  assessment: Exclude<Assessment, { readonly outcome: "refused" }>,
  suggest: () => Promise<readonly Suggestion[]>,
) {
  const suggestions = assessment.decision.placed ? [] : (await suggest()).map(suggestionForm);
  return {
    dry_run: true as const,
    message: explain(assessment.decision, offers),
    decision: {
      ...decisionForm(assessment, offers),
      ...(suggestions.length === 0 ? {} : { suggestions }),
    },
  };
}
