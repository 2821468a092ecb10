import * as z from "zod";
import type { Authenticator } from "./auth/authenticate.ts";
import { createTokenRoute, listTokensRoute, revokeTokenRoute } from "./auth/token-routes.ts";
import { verifyRoute } from "./auth/verify.ts";
import { docsRoute } from "./docs/docs-route.ts";
import { cancelRoute } from "./intents/cancel.ts";
import { changeRoute } from "./intents/change.ts";
import { eventsRoute } from "./intents/events.ts";
import { getRoute, listRoute } from "./intents/read-routes.ts";
import { submitRoute } from "./intents/submit.ts";
import { logsRoute } from "./logs/logs-route.ts";
import { openApiDocument } from "./openapi.ts";
import { resourcesRoute } from "./resources/resources.ts";
import type { Route } from "./route.ts";
import type { Tenancy } from "./tenants/tenancy.ts";
import type { ApiWorld } from "./world.ts";

const healthForm = z.object({ status: z.literal("ok") }).meta({ id: "Health" });

/** All that the API can do. */
export function apiRoutes(
  world: ApiWorld,
  auth: Authenticator,
  tenancy: Tenancy,
  version: string,
): readonly Route[] {
  const routes: readonly Route[] = [
    submitRoute(world),
    listRoute(world),
    getRoute(world),
    changeRoute(world),
    cancelRoute(world),
    eventsRoute(world),
    logsRoute(world),
    resourcesRoute(world),
    createTokenRoute(world),
    listTokensRoute(world),
    revokeTokenRoute(world),
    verifyRoute(auth, tenancy),
    healthRoute(),
  ];
  let document: object | undefined;
  // Once somebody asks: every replica serves it, and hardly any is asked.
  const documentOf = (): object => {
    document ??= openApiDocument(all, version);
    return document;
  };
  const all = [...routes, documentRoute(documentOf), docsRoute(documentOf)];
  return all;
}

function healthRoute(): Route {
  return {
    method: "GET",
    path: "/healthz",
    operationId: "getHealth",
    summary: "Whether the API answers",
    tag: "Meta",
    access: "public",
    answer: { status: 200, description: "It does.", schema: healthForm },
    errors: [],
    handle: () => ({ status: 200, body: { status: "ok" } }),
  };
}

function documentRoute(documentOf: () => object): Route {
  return {
    method: "GET",
    path: "/openapi.json",
    operationId: "getOpenApi",
    summary: "This document",
    tag: "Meta",
    access: "public",
    answer: { status: 200, description: "OpenAPI 3.1.", type: "application/openapi+json" },
    errors: [],
    handle: () => ({ status: 200, body: documentOf() }),
  };
}
