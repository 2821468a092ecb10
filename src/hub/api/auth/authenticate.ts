import { ApiError } from "../api-error.ts";
import { addressKey } from "../client-address.ts";
import { ERROR_CODES } from "../error-codes.ts";
import type { RateLimit } from "../rate-limit.ts";
import type { Tenancy } from "../tenants/tenancy.ts";
import { type FlareToken, hasTokenForm, isFlareToken, tokenState } from "./flare-token.ts";
import { type KubeTokens, saysItExpired } from "./kube-tokens.ts";
import { type Grant, limitGrant, PERMISSIONS, type Permission } from "./permissions.ts";
import { type Subject, subjectKey } from "./subject.ts";
import type { TokenStore } from "./token-store.ts";

/** Who sends a request. */
export interface Identity {
  readonly subject: Subject;
  /** The FLARE token that was shown; undefined for a Kubernetes token. */
  readonly token: FlareToken | undefined;
  /** What requests are counted by. */
  readonly key: string;
}

/** Who sends a request, and the tenant that it acts for. */
export interface Caller extends Identity {
  readonly grant: Grant;
}

export interface AuthOptions {
  readonly kubeTokens: KubeTokens;
  readonly tokens: TokenStore;
  readonly tenancy: Tenancy;
  /** Tokens that were not valid, by address. */
  readonly failedLogins: RateLimit;
  readonly now: () => number;
}

export interface Authenticator {
  /** Who shows this Authorization header. Throws 401, 429, 503. */
  identify(authorization: string | undefined, address: string): Promise<Identity>;
  /** What they may do in the tenant they chose, or the only one they have. Throws 400, 403, 503. */
  callerOf(identity: Identity, chosen: string | undefined): Promise<Caller>;
}

/** Longer tokens are nobody's. */
const LONGEST = 16_384;

/** Creates the check of who may do what. */
export function createAuthenticator(options: AuthOptions): Authenticator {
  const { failedLogins } = options;
  return {
    identify: async (authorization, address) => {
      const token = bearerToken(authorization);
      const gate = (): void => requirePatience(failedLogins, address);
      try {
        return await (isFlareToken(token)
          ? byFlareToken(options, token, gate)
          : byKubeToken(options, token, gate));
      } catch (error) {
        if (error instanceof ApiError && ERROR_CODES[error.code].status === 401)
          failedLogins.take(addressKey(address));
        throw error;
      }
    },
    callerOf: async (identity, chosen) => ({ ...identity, grant: await grantOf(options, identity, chosen) }),
  };
}

function bearerToken(authorization: string | undefined): string {
  const [, token] = /^Bearer +([^\s]+) *$/i.exec(authorization ?? "") ?? [];
  if (token !== undefined && token.length <= LONGEST) return token;
  if (token !== undefined) throw unknownToken();
  const shown = authorization === undefined ? "there is no Authorization header" : "it is no bearer token";
  throw new ApiError("AUTHENTICATION_FAILED", `${shown}; send Authorization: Bearer TOKEN`);
}

/**
 * Whoever shows many wrong tokens is not looked up at the API server for a while. Tokens that this replica knows already
 * work on: an address may be that of many.
 */
function requirePatience(failedLogins: RateLimit, address: string): void {
  const retryAfterSeconds = failedLogins.wait(addressKey(address));
  if (retryAfterSeconds !== undefined)
    throw new ApiError("RATE_LIMITED", "too many tokens from your address were not valid", {
      retryAfterSeconds,
    });
}

const unknownToken = (): ApiError => new ApiError("INVALID_TOKEN", "the token is not valid");

async function byKubeToken(
  { kubeTokens, now }: AuthOptions,
  token: string,
  gate: () => void,
): Promise<Identity> {
  const subject = await kubeTokens(token, gate);
  if (subject !== undefined) return { subject, token: undefined, key: `subject ${subjectKey(subject)}` };
  if (saysItExpired(token, now()))
    throw new ApiError("TOKEN_EXPIRED", "the token has expired; get a new one");
  throw unknownToken();
}

async function byFlareToken(
  { tokens, tenancy, now }: AuthOptions,
  text: string,
  gate: () => void,
): Promise<Identity> {
  if (!hasTokenForm(text)) throw unknownToken();
  const token = await tokens.find(text, gate);
  if (token === undefined) throw unknownToken();
  const state = tokenState(token, now());
  if (state === "revoked") throw new ApiError("TOKEN_REVOKED", "the token was revoked");
  if (state === "expired") throw new ApiError("TOKEN_EXPIRED", "the token has expired; make a new one");
  if (!(await tenancy.exists(token.owner)))
    throw new ApiError("AUTHENTICATION_FAILED", "the account that the token was made for is gone");
  tokens.used(token);
  return { subject: token.owner, token, key: `token ${token.id}` };
}

async function grantOf(options: AuthOptions, identity: Identity, chosen: string | undefined): Promise<Grant> {
  const { subject, token } = identity;
  if (token !== undefined) return tokenGrant(options, token, chosen);
  if (chosen !== undefined) {
    const grant = await options.tenancy.grantIn(subject, chosen);
    if (grant !== undefined) return grant;
    // The same words whether there is such a tenant or not.
    throw new ApiError("INSUFFICIENT_PERMISSIONS", "you do not belong to the tenant in X-Flare-Tenant");
  }
  const grants = await options.tenancy.grants(subject);
  const [only, another] = grants;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) {
    if (await options.tenancy.isAdmin(subject))
      throw new ApiError("TENANT_REQUIRED", "name the tenant to act for by X-Flare-Tenant");
    throw new ApiError("INSUFFICIENT_PERMISSIONS", "you do not belong to any tenant");
  }
  const names = grants.map(({ tenant }) => tenant).join(", ");
  throw new ApiError(
    "TENANT_REQUIRED",
    `you belong to several tenants (${names}): choose one by X-Flare-Tenant`,
  );
}

/** What a token gives of what its maker may do, as long as that is the same grant. */
const limited = new WeakMap<FlareToken, { readonly of: Grant; readonly grant: Grant }>();

function limitedBy(token: FlareToken, of: Grant): Grant {
  const known = limited.get(token);
  if (known?.of === of) return known.grant;
  const isAdminToken = token.permissions.includes("admin:*");
  const grant = limitGrant(of, new Set<Permission>(isAdminToken ? PERMISSIONS : token.permissions));
  limited.set(token, { of, grant });
  return grant;
}

/** A token acts for its own tenant; of an administrator's, for any that is named. */
async function tokenGrant(
  { tenancy }: AuthOptions,
  token: FlareToken,
  chosen: string | undefined,
): Promise<Grant> {
  const { tenant, owner, permissions } = token;
  if (chosen !== undefined && chosen !== tenant && !permissions.includes("admin:*"))
    throw new ApiError(
      "INSUFFICIENT_PERMISSIONS",
      "the token is for another tenant than X-Flare-Tenant says",
    );
  // What its maker may do now: rights that they lost since, the token has lost too.
  const own = await tenancy.grantIn(owner, chosen ?? tenant);
  if (own === undefined)
    throw new ApiError(
      "INSUFFICIENT_PERMISSIONS",
      "whoever made the token does not belong to its tenant any more",
    );
  return limitedBy(token, own);
}

/** Throws unless the caller may do this at all. */
export function requirePermission({ grant }: Caller, permission: Permission): void {
  if (grant.permissions.has(permission)) return;
  throw new ApiError("INSUFFICIENT_PERMISSIONS", `this needs the permission ${permission}`);
}
