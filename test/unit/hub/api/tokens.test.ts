import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  type FlareToken,
  hashOf,
  hasTokenForm,
  type KubeSecret,
  mintToken,
  readToken,
  sameHash,
  secretOf,
  tokenState,
} from "../../../../src/hub/api/auth/flare-token.ts";
import { saysItExpired } from "../../../../src/hub/api/auth/kube-tokens.ts";
import {
  evenGrant,
  limitGrant,
  namespacesWith,
  PERMISSIONS,
} from "../../../../src/hub/api/auth/permissions.ts";
import { createTokenIndex } from "../../../../src/hub/api/auth/token-index.ts";
import { owns } from "../../../../src/hub/api/tenants/directory.ts";

const token: Omit<FlareToken, "id" | "secret" | "createdAt" | "revokedAt" | "lastUsedAt"> = {
  hash: hashOf("flr_x"),
  name: "ci",
  tenant: "acme",
  owner: { username: "system:serviceaccount:acme:alice", uid: "u1", groups: ["a", "b"] },
  permissions: ["intents:read", "resources:read"],
  expiresAt: Date.parse("2030-01-01T00:00:00Z"),
};
const secret = (changes: Partial<KubeSecret["metadata"]> = {}): KubeSecret => {
  const object = secretOf(token, { name: "flare-token-1", namespace: "flare-tokens" }) as KubeSecret;
  const made = { uid: "s1", creationTimestamp: "2026-01-01T00:00:00Z" };
  return { ...object, metadata: { ...object.metadata, ...made, ...changes } };
};

describe("a FLARE token", () => {
  it("is 256 random bits behind its prefix, none like another", () => {
    const minted = Array.from({ length: 100 }, () => mintToken(randomBytes));
    expect(new Set(minted).size).toBe(100);
    for (const each of minted) expect(hasTokenForm(each)).toBe(true);
    expect(Buffer.from(minted[0]?.slice(4) ?? "", "base64url")).toHaveLength(32);
  });

  test.each([
    "",
    "flr_",
    "flr_short",
    `flr_${"A".repeat(44)}`,
    `flr_${"!".repeat(43)}`,
    `x${"A".repeat(46)}`,
  ])("is not %j", (text) => {
    expect(hasTokenForm(text)).toBe(false);
  });

  it("comes back out of its Secret as it went in", () => {
    expect(readToken(secret())).toEqual({
      ...token,
      id: "s1",
      secret: "flare-token-1",
      createdAt: Date.parse("2026-01-01T00:00:00Z"),
      revokedAt: undefined,
      lastUsedAt: undefined,
    });
  });

  it("cannot be changed in its Secret", () => {
    expect(secret()).toMatchObject({ immutable: true });
  });

  test.each([
    ["no uid", secret({ uid: undefined } as object)],
    ["no data", { ...secret(), data: {} }],
    [
      "a hash that is none",
      { ...secret(), data: { ...secret().data, hash: Buffer.from("x").toString("base64") } },
    ],
    [
      "an owner that is none",
      { ...secret(), data: { ...secret().data, owner: Buffer.from("{").toString("base64") } },
    ],
    [
      "an end that is none",
      { ...secret(), data: { ...secret().data, expires: Buffer.from("never").toString("base64") } },
    ],
  ])("lets nobody in by a Secret with %s", (_, broken) => {
    expect(readToken(broken)).toBeUndefined();
  });

  it("has no permission that there is not, whatever its Secret says", () => {
    const permissions = Buffer.from("intents:read,root,*").toString("base64");
    expect(readToken({ ...secret(), data: { ...secret().data, permissions } })?.permissions).toEqual([
      "intents:read",
    ]);
  });

  test.each([
    [undefined, 0, "active"],
    [undefined, token.expiresAt - 1, "active"],
    [undefined, token.expiresAt, "expired"],
    ["2026-01-01T00:00:00Z", 0, "revoked"],
    ["garbage", 0, "revoked"],
  ] as const)("marked revoked %s is at %i %s", (mark, now, state) => {
    const annotations = mark === undefined ? {} : { "flare.clastix.io/revoked-at": mark };
    expect(tokenState(readToken(secret({ annotations })) as FlareToken, now)).toBe(state);
  });

  it("is found by its whole hash alone, not by the part that Secrets are labelled with", () => {
    const index = createTokenIndex();
    const found = readToken(secret()) as FlareToken;
    index.put(found);
    expect(index.byHash(found.hash)).toBe(found);
    expect(index.byHash(found.hash.slice(0, 16) + "0".repeat(48))).toBeUndefined();
    expect(sameHash(found.hash, found.hash.slice(0, 16))).toBe(false);
    index.drop(found.secret);
    expect(index.byHash(found.hash)).toBeUndefined();
  });
});

describe("a grant", () => {
  it("limited to permissions has none beside them, in no namespace", () => {
    fc.assert(
      fc.property(fc.subarray([...PERMISSIONS]), fc.subarray([...PERMISSIONS]), (has, to) => {
        const limited = limitGrant(evenGrant("acme", ["a", "b"], has), new Set(to));
        const both = has.filter((permission) => to.includes(permission));
        expect([...limited.permissions]).toEqual(both);
        for (const permission of PERMISSIONS)
          expect(namespacesWith(limited, permission)).toEqual(both.includes(permission) ? ["a", "b"] : []);
      }),
    );
  });
});

test.each([
  [{ kind: "User", name: "alice" }, true],
  [{ kind: "User", name: "ops" }, false],
  [{ kind: "Group", name: "ops" }, true],
  [{ kind: "Group", name: "alice" }, false],
  [{ kind: "ServiceAccount", name: "alice" }, true],
  [{ kind: "Robot", name: "alice" }, false],
])("alice of group ops owns what belongs to %j: %s", (owner, expected) => {
  expect(owns({ username: "alice", groups: ["ops"] }, [owner])).toBe(expected);
});

test.each([
  ["not.a-jwt", false],
  ["", false],
  [`x.${Buffer.from('{"exp":1}').toString("base64url")}.y`, true],
  [`x.${Buffer.from('{"exp":9999999999}').toString("base64url")}.y`, false],
  [`x.${Buffer.from('"exp"').toString("base64url")}.y`, false],
])("%s says that it has expired: %s", (text, expected) => {
  expect(saysItExpired(text, Date.parse("2026-01-01T00:00:00Z"))).toBe(expected);
});
