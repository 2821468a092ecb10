import * as z from "zod";
import { parseDuration } from "../../../units/duration.ts";
import { ApiError, notFound, problemError } from "../api-error.ts";
import { pageForm, pageOf, pageQuery } from "../page.ts";
import { type ApiRequest, type Reply, type Route, readBody, readQuery } from "../route.ts";
import { type ApiWorld, audit } from "../world.ts";
import type { Caller } from "./authenticate.ts";
import { type FlareToken, tokenState } from "./flare-token.ts";
import { PERMISSIONS, type Permission, USUAL_PERMISSIONS } from "./permissions.ts";

const permissions = z.array(z.enum(PERMISSIONS));

const createBody = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe("What it is for, for people to tell tokens apart."),
    expires_in: z
      .string()
      .max(32)
      .describe("How long it is good for, such as 30d or 12h; 90d if absent.")
      .optional(),
    permissions: permissions
      .min(1)
      .max(20)
      .describe(
        "What it is good for, at most what you may do; everything but tokens:manage and admin:* if absent.",
      )
      .optional(),
    user_id: z.string().max(400).describe("Whom it is for: you. Nobody makes tokens for others.").optional(),
  })
  .meta({ id: "CreateTokenRequest" });

const createAnswer = z
  .object({
    token_id: z.string(),
    token: z.string().describe("The token. It is shown this once and never again."),
    name: z.string(),
    tenant: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    permissions,
  })
  .meta({ id: "CreateTokenResponse" });

const tokenForm = z
  .object({
    token_id: z.string(),
    name: z.string(),
    user_id: z.string().describe("Who made it."),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    last_used: z.iso.datetime().describe("To the minute; absent where it never was.").optional(),
    permissions,
    status: z.enum(["active", "expired", "revoked"]),
  })
  .meta({ id: "Token" });

/** POST /auth/tokens. */
export function createTokenRoute(world: ApiWorld): Route {
  return {
    method: "POST",
    path: "/auth/tokens",
    operationId: "createToken",
    summary: "Make a token for programs that act for your tenant",
    tag: "Auth",
    access: "tokens:manage",
    body: { schema: createBody, type: "application/json" },
    answer: { status: 200, description: "The token, this once.", schema: createAnswer },
    errors: ["QUOTA_EXCEEDED"],
    handle: (request, caller) => create(world, request, caller),
  };
}

async function create(world: ApiWorld, request: ApiRequest, caller: Caller): Promise<Reply> {
  const asked = readBody(createBody, request.body);
  const { grant, subject } = caller;
  if (asked.user_id !== undefined && asked.user_id !== subject.username)
    throw new ApiError(
      "INSUFFICIENT_PERMISSIONS",
      `user_id: you are ${subject.username}, and make tokens for yourself alone`,
    );
  const wanted = wantedPermissions(asked.permissions, grant.permissions);
  const expiresAt = world.now() + lifetimeOf(world, asked.expires_in);
  // A token never outlives the token that made it.
  const latest = Math.min(expiresAt, caller.token?.expiresAt ?? expiresAt);
  requireRoom(world, grant.tenant);
  const { token, stored } = await world.tokens.create({
    name: asked.name,
    tenant: grant.tenant,
    owner: subject,
    permissions: wanted,
    expiresAt: latest,
  });
  audit(world, request, caller, {
    action: "token made",
    madeId: stored.id,
    name: stored.name,
    permissions: wanted,
  });
  const body = {
    token_id: stored.id,
    token,
    name: stored.name,
    tenant: stored.tenant,
    created_at: iso(stored.createdAt),
    expires_at: iso(stored.expiresAt),
    permissions: [...stored.permissions],
  } satisfies z.output<typeof createAnswer>;
  return { status: 200, body };
}

/** What a token is to be good for. Throws where its maker may not do all of it. */
function wantedPermissions(
  asked: readonly Permission[] | undefined,
  has: ReadonlySet<Permission>,
): readonly Permission[] {
  if (asked === undefined) return USUAL_PERMISSIONS.filter((permission) => has.has(permission));
  const missing = asked.filter((permission) => !has.has(permission));
  if (missing.length === 0) return [...new Set(asked)];
  const message = `permissions: a token cannot be good for more than its maker, who may not ${missing.join(", ")}`;
  throw new ApiError("INSUFFICIENT_PERMISSIONS", message);
}

function lifetimeOf({ config }: ApiWorld, text: string | undefined): number {
  const { lifetime, longest } = config.tokens;
  if (text === undefined) return Math.min(lifetime, longest);
  const wanted = parseDuration(text);
  if (wanted !== undefined && wanted > 0 && wanted <= longest) return wanted;
  const most = `${longest / 86_400_000}d at most`;
  const message = `is ${JSON.stringify(text)}, expected a duration such as 30d or 12h, ${most}`;
  throw problemError([{ path: "expires_in", reason: "invalid", message }]);
}

/** What lets nobody in any more does not count. */
function requireRoom({ tokens, config, now }: ApiWorld, tenant: string): void {
  const limit = config.tokens.perTenant;
  const used = tokens.ofTenant(tenant).filter((token) => tokenState(token, now()) === "active").length;
  if (used < limit) return;
  throw new ApiError("QUOTA_EXCEEDED", `your tenant has ${used} of ${limit} tokens; revoke some`, {
    quota: { name: "tokens", used: String(used), limit: String(limit) },
  });
}

const listAnswer = z.object({ tokens: z.array(tokenForm), ...pageForm }).meta({ id: "ListTokensResponse" });
const listQuery = z.object(pageQuery);

/** GET /auth/tokens. */
export function listTokensRoute(world: ApiWorld): Route {
  return {
    method: "GET",
    path: "/auth/tokens",
    operationId: "listTokens",
    summary: "The tokens of your tenant",
    tag: "Auth",
    access: "tokens:manage",
    query: listQuery,
    answer: {
      status: 200,
      description: "Tokens, the oldest first, without what they are.",
      schema: listAnswer,
    },
    errors: [],
    handle: (request, { grant }) => {
      const keyOf = ({ createdAt, id }: FlareToken): string => `${String(createdAt).padStart(16, "0")} ${id}`;
      const tokens = [...world.tokens.ofTenant(grant.tenant)].sort((left, right) =>
        keyOf(left) < keyOf(right) ? -1 : 1,
      );
      const { page, next } = pageOf(tokens, keyOf, readQuery(listQuery, request.query));
      return { status: 200, body: { tokens: page.map((token) => formOf(token, world.now())), ...next } };
    },
  };
}

function formOf(token: FlareToken, now: number): z.output<typeof tokenForm> {
  const { id, name, owner, createdAt, expiresAt, lastUsedAt } = token;
  return {
    token_id: id,
    name,
    user_id: owner.username,
    created_at: iso(createdAt),
    expires_at: iso(expiresAt),
    ...(lastUsedAt === undefined ? {} : { last_used: iso(lastUsedAt) }),
    permissions: [...token.permissions],
    status: tokenState(token, now),
  };
}

const revokeAnswer = z
  .object({ token_id: z.string(), message: z.string(), revoked_at: z.iso.datetime() })
  .meta({ id: "RevokeTokenResponse" });

/** DELETE /auth/tokens/{token_id}. */
export function revokeTokenRoute(world: ApiWorld): Route {
  return {
    method: "DELETE",
    path: "/auth/tokens/{token_id}",
    operationId: "revokeToken",
    summary: "Revoke a token of your tenant, at once and for good",
    tag: "Auth",
    access: "tokens:manage",
    answer: { status: 200, description: "It lets nobody in any more.", schema: revokeAnswer },
    errors: ["NOT_FOUND"],
    handle: async (request, caller) => {
      const found = await world.tokens.byId(caller.grant.tenant, request.params.token_id ?? "");
      if (found === undefined) throw notFound("token");
      const token = found.revokedAt === undefined ? await world.tokens.revoke(found) : found;
      audit(world, request, caller, { action: "token revoked", revokedId: token.id, name: token.name });
      const revoked_at = iso(token.revokedAt ?? world.now());
      return { status: 200, body: { token_id: token.id, message: "the token is revoked", revoked_at } };
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
