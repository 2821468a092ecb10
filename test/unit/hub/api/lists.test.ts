import { describe, expect, it } from "vitest";
import type { Caller } from "../../../../src/hub/api/auth/authenticate.ts";
import { listRoute } from "../../../../src/hub/api/intents/read-routes.ts";
import type { ApiRequest } from "../../../../src/hub/api/route.ts";
import type { ApiWorld } from "../../../../src/hub/api/world.ts";

const caller = {
  grant: { tenant: "acme", namespaces: new Map([["team-a", new Set(["intents:read"])]]) },
} as unknown as Caller;
const asked = { query: "", params: {}, header: () => undefined } as unknown as ApiRequest;

async function list(isRead: boolean) {
  const world = {
    intents: { isRead: () => isRead, inNamespace: () => [] },
    now: () => 0,
  } as unknown as ApiWorld;
  const route = listRoute(world);
  if (route.access === "public" || route.access === "identity") throw new Error("no such route");
  return route.handle(asked, caller);
}

describe("the list of Intents", () => {
  it("is empty where there are none", async () => {
    expect(await list(true)).toEqual({ status: 200, body: { intents: [] } });
  });

  it("is not told to be empty before the Intents were read", async () => {
    await expect(list(false)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
