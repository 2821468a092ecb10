import * as z from "zod";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { resourcePath } from "../../../kubernetes/objects.ts";
import { INTENTS } from "../../intents/intent-view.ts";
import { ApiError } from "../api-error.ts";
import { kubeFailure } from "../kube-failure.ts";
import type { Route } from "../route.ts";
import { type ApiWorld, audit } from "../world.ts";
import { findIntent, readIntent } from "./find.ts";
import { matches } from "./intent-form.ts";

const cancelAnswer = z
  .object({ intent_id: z.string(), status: z.string(), message: z.string() })
  .meta({ id: "CancelIntentResponse" });

/** DELETE /intents/{intent_id}. */
export function cancelRoute(world: ApiWorld): Route {
  return {
    method: "DELETE",
    path: "/intents/{intent_id}",
    operationId: "cancelIntent",
    summary: "Cancel an Intent: what it runs is ended, and everything of it is cleaned up",
    tag: "Intents",
    access: "intents:delete",
    headers: { "If-Match": "ETag of the state that is to be cancelled; whatever it is now if absent." },
    answer: { status: 202, description: "It is being cancelled.", schema: cancelAnswer },
    errors: ["NOT_FOUND", "PRECONDITION_FAILED"],
    handle: async (request, caller) => {
      const view = await findIntent(world, caller, request.params.intent_id ?? "", "intents:delete");
      const ifMatch = request.header("If-Match");
      if (ifMatch !== undefined && !matches(ifMatch, await readIntent(world, view)))
        throw new ApiError("PRECONDITION_FAILED", "the Intent was changed since it was read; read it again");
      const { namespace, name, uid } = view;
      try {
        await world.client.raw({
          method: "DELETE",
          path: resourcePath(INTENTS, { namespace, name }),
          // One of the same name that was made meanwhile is another one.
          body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } },
          timeoutMs: 10_000,
        });
      } catch (error) {
        if (!isKubeError(error, "not-found") && !isKubeError(error, "conflict"))
          throw kubeFailure(error, "the Intent cannot be cancelled");
      }
      audit(world, request, caller, { action: "intent cancelled", intent: view.key, uid });
      const message = "it is being cancelled; what it runs is ended and cleaned up";
      return { status: 202, body: { intent_id: uid, status: "cancelling", message } };
    },
  };
}
