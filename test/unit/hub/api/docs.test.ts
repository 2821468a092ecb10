import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PERMISSIONS } from "../../../../src/hub/api/auth/permissions.ts";
import { ERROR_CODES } from "../../../../src/hub/api/error-codes.ts";
import { errorCodesOf, openApiDocument } from "../../../../src/hub/api/openapi.ts";
import type { Route } from "../../../../src/hub/api/route.ts";
import { apiRoutes } from "../../../../src/hub/api/routes.ts";
import { readHubConfig } from "../../../../src/hub/config-file.ts";

const page = readFileSync("docs/api.md", "utf8");
/** Routes only tell of themselves here; nothing of what they work with is asked. */
const nothing = {} as never;
const routes: readonly Route[] = apiRoutes({} as never, nothing, nothing, "test");
const document = openApiDocument(routes, "test") as {
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> };
};

describe("docs/api.md", () => {
  test("tells every error code with its status and meaning", () => {
    for (const [code, { status, means }] of Object.entries(ERROR_CODES))
      expect(page).toContain(`| \`${code}\` | ${status} | ${means} |`);
  });

  test("tells every route with its permission, and no others", () => {
    const rows = [...page.matchAll(/^\| `([A-Z]+ \/[^`]*)` \| ([^|]*) \|/gm)].map(
      ([, route, access]) => `${route} ${access?.trim()}`,
    );
    const access = ({ access: needs }: Route): string =>
      needs === "public" ? "none" : needs === "identity" ? "any valid token" : needs;
    expect(rows.toSorted()).toEqual(
      routes.map((route) => `${route.method} ${route.path} ${access(route)}`).toSorted(),
    );
  });

  test("tells every permission", () => {
    for (const permission of PERMISSIONS) expect(page).toContain(permission);
  });

  test("shows a configuration that the hub reads", () => {
    const text = /```yaml\n(api:[\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(readHubConfig("docs/api.md", text)).toMatchObject({
      ok: true,
      config: { api: { quotas: { tenants: { acme: { hourlyRate: { amount: 100, currency: "EUR" } } } } } },
    });
  });
});

describe("the OpenAPI document", () => {
  test("says of every route which codes it may answer, each of them one that there is", () => {
    for (const route of routes)
      for (const code of errorCodesOf(route)) expect(Object.keys(ERROR_CODES)).toContain(code);
  });

  test("refers to nothing that it does not have", () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(refs.length).toBeGreaterThan(20);
    for (const name of refs) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  test("has an Intent under the names of the REST form", () => {
    const text = JSON.stringify(document.components.schemas.Intent);
    for (const name of [
      "max_hourly_cost",
      "memory_min",
      "all-to-all",
      "Cost_Minimization",
      "hipaa_compliant",
    ])
      expect(text).toContain(`"${name}"`);
    for (const name of ["maxHourlyCost", "CostMinimization", "AllToAll"])
      expect(text).not.toContain(`"${name}"`);
  });
});
