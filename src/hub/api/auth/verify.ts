import * as z from "zod";
import { ApiError } from "../api-error.ts";
import type { Route } from "../route.ts";
import type { Tenancy } from "../tenants/tenancy.ts";
import type { Authenticator, Identity } from "./authenticate.ts";
import type { Grant } from "./permissions.ts";
import { PERMISSIONS } from "./permissions.ts";

const grantForm = z.object({
  tenant: z.string(),
  namespaces: z.array(z.string()),
  permissions: z.array(z.enum(PERMISSIONS)),
});

const answer = z
  .object({
    valid: z.literal(true),
    user_id: z.string(),
    kind: z.enum(["kubernetes", "flare"]),
    token_id: z.string().optional(),
    expires_at: z.iso.datetime().describe("Of a FLARE token.").optional(),
    tenants: z.array(grantForm).describe("Where you may do what; several: choose one by X-Flare-Tenant."),
  })
  .meta({ id: "VerifyResponse" });

/** GET /auth/verify: needs nothing but a token that is valid. */
export function verifyRoute(auth: Authenticator, tenancy: Tenancy): Route {
  return {
    method: "GET",
    path: "/auth/verify",
    operationId: "verifyToken",
    summary: "Whose the token is, and what it is good for",
    tag: "Auth",
    access: "identity",
    answer: { status: 200, description: "The token is valid.", schema: answer },
    errors: [],
    handle: async (request, identity) => {
      const { subject, token } = identity;
      const grants = await grantsOf(auth, tenancy, identity, request.header("X-Flare-Tenant"));
      const body: z.output<typeof answer> = {
        valid: true,
        user_id: subject.username,
        kind: token === undefined ? "kubernetes" : "flare",
        ...(token === undefined
          ? {}
          : { token_id: token.id, expires_at: new Date(token.expiresAt).toISOString() }),
        tenants: grants.map(formOf),
      };
      return { status: 200, body };
    },
  };
}

/** A valid token of somebody who belongs to no tenant is valid all the same. */
async function grantsOf(
  auth: Authenticator,
  tenancy: Tenancy,
  identity: Identity,
  chosen: string | undefined,
): Promise<readonly Grant[]> {
  if (identity.token === undefined && chosen === undefined) return tenancy.grants(identity.subject);
  try {
    return [(await auth.callerOf(identity, chosen)).grant];
  } catch (error) {
    if (error instanceof ApiError && error.code === "INSUFFICIENT_PERMISSIONS" && chosen === undefined)
      return [];
    throw error;
  }
}

const formOf = ({ tenant, namespaces, permissions }: Grant): z.output<typeof grantForm> => ({
  tenant,
  namespaces: [...namespaces.keys()],
  permissions: PERMISSIONS.filter((permission) => permissions.has(permission)),
});
