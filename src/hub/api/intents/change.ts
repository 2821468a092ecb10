import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { parseIntentRequest } from "../../../intent/parse.ts";
import { isRecord } from "../../../intent/read-document.ts";
import { intentToRest, properRestNames } from "../../../intent/rest.ts";
import type { IntentSpec } from "../../../intent/spec-schema.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import {
  holdsPlacement,
  INTENTS,
  type IntentView,
  type KubeIntent,
  viewOf,
} from "../../intents/intent-view.ts";
import { isSameWorkload } from "../../intents/workload-print.ts";
import { ApiError, problemError } from "../api-error.ts";
import type { Caller } from "../auth/authenticate.ts";
import { kubeFailure } from "../kube-failure.ts";
import { type ApiRequest, type Reply, type Route, readQuery } from "../route.ts";
import { type ApiWorld, audit } from "../world.ts";
import { assess, readRequirement } from "./assess.ts";
import { findIntent, readIntent } from "./find.ts";
import { etagOf, intentDetail, intentDetailForm, matches } from "./intent-form.ts";
import { differenceOf, mergePatch } from "./merge-patch.ts";
import { requireTenantQuota } from "./tenant-quota.ts";

const query = z.object({
  restart: z
    .enum(["true", "false"])
    .describe("true: a batch that runs may begin anew, where the change cannot be made while it runs.")
    .default("false"),
});

/** How often a change is tried on top of a status that was written meanwhile. */
const TRIES = 5;

/** PATCH /intents/{intent_id}. */
export function changeRoute(world: ApiWorld): Route {
  return {
    method: "PATCH",
    path: "/intents/{intent_id}",
    operationId: "changeIntent",
    summary: "Change what an Intent asks for; a service keeps its place where that still fits",
    tag: "Intents",
    access: "intents:write",
    query,
    body: { schema: "intent-patch", type: "application/merge-patch+json" },
    headers: { "If-Match": "ETag of the state that the change is for; whatever it is now if absent." },
    answer: { status: 200, description: "It was changed.", schema: intentDetailForm },
    errors: ["NOT_FOUND", "PRECONDITION_FAILED", "CONFLICT", "QUOTA_EXCEEDED"],
    handle: (request, caller) => change(world, request, caller),
  };
}

async function change(world: ApiWorld, request: ApiRequest, caller: Caller): Promise<Reply> {
  const mayRestart = readQuery(query, request.query).restart === "true";
  const patch = readPatch(request.body);
  const { tenant } = caller.grant;
  const known = await findIntent(world, caller, request.params.intent_id ?? "", "intents:write");
  for (let tries = 1; ; tries += 1) {
    const view = await readIntent(world, known);
    requireMatch(view, request.header("If-Match"));
    const spec = changedSpec(world, view, patch);
    if (view.read.ok && isDeepStrictEqual(spec, view.read.spec)) return answer(world, view);
    requireChangeable(view, spec, mayRestart);
    const requirement = readRequirement(spec, world.meaning, { tenant, now: world.now(), root: "" });
    const { decision } = assess(world.market.now().ledger, requirement);
    const { key, namespace } = view;
    const share = requireTenantQuota(world, caller, requirement, decision, { namespace, except: key });
    const pending = { tenant, key, share };
    const changed = await world.pending
      .carryOut(pending, () => write(world, view, spec))
      .catch((error: unknown) => {
        if (isKubeError(error, "conflict") && tries < TRIES) return undefined;
        throw kubeFailure(error, "the Intent cannot be changed");
      });
    if (changed === undefined) continue;
    audit(world, request, caller, { action: "intent changed", intent: key, uid: view.uid });
    return answer(world, viewOf(changed, world.meaning.currency));
  }
}

const answer = (world: ApiWorld, view: IntentView): Reply => ({
  status: 200,
  headers: { ETag: etagOf(view) },
  body: intentDetail(view, world.now()),
});

/** The patch, of `{"intent": {...}}` or of the Intent alone. */
function readPatch(body: unknown): Readonly<Record<string, unknown>> {
  const patch =
    isRecord(body) && Object.hasOwn(body, "intent") && Object.keys(body).length === 1 ? body.intent : body;
  if (isRecord(patch)) return patch;
  throw new ApiError(
    "INVALID_FORMAT",
    "the body is no JSON object; send the fields to change, null for those to drop",
  );
}

function requireMatch(view: IntentView, ifMatch: string | undefined): void {
  if (view.deletingSince !== undefined)
    throw new ApiError("CONFLICT", "the Intent was cancelled: it cannot be changed any more");
  if (ifMatch !== undefined && !matches(ifMatch, view))
    throw new ApiError("PRECONDITION_FAILED", "the Intent was changed since it was read; read it again");
}

function changedSpec({ meaning }: ApiWorld, view: IntentView, patch: unknown): IntentSpec {
  if (!view.read.ok)
    throw new ApiError(
      "CONFLICT",
      "what the Intent asks for cannot be read, so that nothing can be changed in it",
    );
  const parsed = parseIntentRequest(mergePatch(intentToRest(view.read.spec), properRestNames(patch)), {
    currency: meaning.currency,
  });
  if (!parsed.ok) throw problemError(parsed.problems);
  return parsed.spec;
}

function requireChangeable(view: IntentView, spec: IntentSpec, mayRestart: boolean): void {
  if (!view.read.ok) return;
  const before = view.read.spec.workload;
  const fixed = (["type", "name"] as const).filter((field) => spec.workload[field] !== before[field]);
  if (fixed.length > 0)
    throw problemError(
      fixed.map((field) => ({
        path: `workload.${field}`,
        reason: "invalid",
        message: "cannot be changed; cancel the Intent and make another",
      })),
    );
  if (before.type === "Batch" && holdsPlacement(view) && !mayRestart && mayBeginAnew(view, spec))
    throw new ApiError(
      "CONFLICT",
      "it runs as a batch, which this change would begin anew, or may: say restart=true if that is meant",
    );
}

/** Whether its Job would have to be made anew, or might have to go elsewhere. */
function mayBeginAnew(view: IntentView, spec: IntentSpec): boolean {
  if (!view.read.ok) return true;
  const before = view.read.spec;
  const changed = { ...view, read: { ok: true, spec } } as const;
  return (
    !isSameWorkload(changed) ||
    !isDeepStrictEqual(spec.workload.resources.gpu, before.workload.resources.gpu) ||
    !isDeepStrictEqual(spec.constraints, before.constraints)
  );
}

/** The change on top of the very state that it was worked out from. */
function write(world: ApiWorld, view: IntentView, spec: IntentSpec): Promise<KubeIntent> {
  const { namespace, name, uid, resourceVersion } = view;
  const patch = { metadata: { uid, resourceVersion }, spec: differenceOf(view.written, spec) };
  return world.client.patch<KubeIntent>(INTENTS, { namespace, name }, patch, { timeoutMs: 10_000 });
}
