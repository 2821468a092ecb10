import * as z from "zod";
import type { IntentView } from "../../intents/intent-view.ts";
import { ApiError } from "../api-error.ts";
import { namespacesWith } from "../auth/permissions.ts";
import { isKnown } from "../etag.ts";
import { pageForm, pageOf, pageQuery } from "../page.ts";
import { type Route, readQuery } from "../route.ts";
import type { ApiWorld } from "../world.ts";
import { findIntent } from "./find.ts";
import { etagOf, intentDetail, intentDetailForm, intentForm, intentStatusForm } from "./intent-form.ts";

const listQuery = z.object({
  ...pageQuery,
  status: z
    .enum(["pending", "running", "failed", "completed"])
    .describe("Only those that stand like this.")
    .optional(),
  name: z.string().min(1).max(253).describe("Only those of this name, one in a namespace.").optional(),
  namespace: z.string().min(1).max(63).describe("Only those of this namespace of the tenant.").optional(),
});

const listAnswer = z
  .object({ intents: z.array(intentStatusForm).describe("The newest first."), ...pageForm })
  .meta({ id: "ListIntentsResponse" });

/** GET /intents. */
export function listRoute(world: ApiWorld): Route {
  return {
    method: "GET",
    path: "/intents",
    operationId: "listIntents",
    summary: "All Intents of the tenant",
    tag: "Intents",
    access: "intents:read",
    query: listQuery,
    answer: { status: 200, description: "Intents, the newest first.", schema: listAnswer },
    errors: [],
    handle: (request, { grant }) => {
      const { status, name, namespace: only, ...page } = readQuery(listQuery, request.query);
      // Who is told that there are none may begin to make them anew.
      if (!world.intents.isRead())
        throw new ApiError("UNAVAILABLE", "the hub has not read the Intents yet", { retryAfterSeconds: 2 });
      const now = world.now();
      const entries = namespacesWith(grant, "intents:read")
        .filter((namespace) => only === undefined || namespace === only)
        .flatMap((namespace) => [...world.intents.inNamespace(namespace)])
        .filter((view) => name === undefined || view.name === name)
        .map((view) => ({ view, key: keyOf(view) }))
        .filter(({ view }) => status === undefined || intentForm(view, now).status === status)
        .sort((left, right) => (left.key < right.key ? -1 : 1));
      const { page: shown, next } = pageOf(entries, ({ key }) => key, page);
      return { status: 200, body: { intents: shown.map(({ view }) => intentForm(view, now)), ...next } };
    },
  };
}

/** The newest first, in the order of text. */
const LATEST = 10 ** 15;
const keyOf = ({ createdAt, uid }: IntentView): string =>
  `${String(LATEST - createdAt).padStart(16, "0")} ${uid}`;

/** GET /intents/{intent_id}. */
export function getRoute(world: ApiWorld): Route {
  return {
    method: "GET",
    path: "/intents/{intent_id}",
    operationId: "getIntentStatus",
    summary: "What has come of an Intent",
    tag: "Intents",
    access: "intents:read",
    headers: {
      "If-None-Match": "ETag of an earlier answer: 304 while nothing but its cost and run time has changed.",
    },
    answer: { status: 200, description: "Its status, and what was asked for.", schema: intentDetailForm },
    errors: ["NOT_FOUND"],
    handle: async (request, caller) => {
      const view = await findIntent(world, caller, request.params.intent_id ?? "", "intents:read");
      const etag = etagOf(view);
      const headers = { ETag: etag };
      if (isKnown(request.header("If-None-Match"), etag)) return { status: 304, headers };
      return { status: 200, headers, body: intentDetail(view, world.now()) };
    },
  };
}
