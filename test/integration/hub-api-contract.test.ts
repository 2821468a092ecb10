/** What the reference documents holds; what this API documents is what it answers; and nothing that is sent breaks it. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { request } from "../support/intents.ts";
import { anyOf, enumerations, type ReferenceSchema } from "../support/openapi-values.ts";
import {
  type Answer,
  type ApiCluster,
  MEMBER,
  type RunningApi,
  settled,
  startApiCluster,
} from "./api-harness.ts";

const reference = parse(readFileSync("fixtures/reference/flare-openapi.yaml", "utf8")) as {
  readonly components: { readonly schemas: Readonly<Record<string, ReferenceSchema>> };
};
const { schemas } = reference.components;
const submission = schemas.IntentSubmission ?? {};
const documentedCodes = (schemas.Error?.properties?.error_code?.enum ?? []).map(String);

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: "reference", ...reference } as object);
const asReferenceSays = (name: string, body: unknown): unknown => {
  const validate = ajv.compile({ $ref: `reference#/components/schemas/${name}` });
  return validate(body) ? "valid" : validate.errors;
};

let cluster: ApiCluster;
let api: RunningApi;
let token: string;
let own: Ajv2020;

beforeAll(async () => {
  cluster = await startApiCluster();
  await cluster.provider.addNode({ name: "h100" });
  await cluster.namespace("acme-dev", "acme");
  token = await cluster.person("alice", "acme-dev", MEMBER);
  api = await cluster.start();
  await settled(async () => expect((await api.ask("GET", "/resources", { token })).status).toBe(200));
  own = new Ajv2020({ strict: false });
  addFormats.default(own as unknown as Ajv);
  own.addSchema({ $id: "own", ...(await api.ask("GET", "/openapi.json")).body });
});
afterAll(async () => {
  await cluster?.close();
});

/** Whether an answer is one that the document says the operation may give. */
function asOwnDocumentSays(path: string, method: string, { status, body }: Answer): unknown {
  const at = `paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/${method}/responses/${status}`;
  const media = own.getSchema(`own#/${at}/content/application~1json/schema`);
  if (media === undefined) return `own#/${at} is not there`;
  return media(body) === true ? "valid" : media.errors;
}

const dryRun = (body: unknown) => api.ask("POST", "/intents?dry_run=true", { token, body });

describe("every request that is valid by the reference", () => {
  it("is accepted, or refused with a code that the reference documents", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyOf({ ...submission, required: ["intent"] }, schemas), async (body) => {
        const answer = await dryRun(body);
        seen.add(`${answer.status} ${answer.body.error_code ?? ""}`);
        if (answer.status === 200) {
          expect(asReferenceSays("SubmitIntentResponse", answer.body)).toBe("valid");
        } else {
          expect(documentedCodes).toContain(answer.body.error_code);
          expect(asReferenceSays("Error", answer.body)).toBe("valid");
        }
        expect(asOwnDocumentSays("/intents", "post", answer)).toBe("valid");
      }),
      { numRuns: 250, seed: 5 },
    );
    expect([...seen]).toEqual(
      expect.arrayContaining(["200 ", "400 INVALID_FORMAT", "409 GPU_MODEL_UNAVAILABLE"]),
    );
  });

  /** What is there by the reference and is refused here, and why. */
  const refused: Readonly<Record<string, RegExp>> = {
    "workload.deployment_strategy": /one replica or task to distribute/,
    "constraints.security.firewall_rules.[].action": /a NetworkPolicy cannot say/,
    "constraints.availability.days_of_week.[]": /cannot be honoured yet|required/,
    "constraints.availability.maintenance_windows.[].frequency": /cannot be honoured yet|required/,
  };
  const places = enumerations(submission, schemas).flatMap(({ path, values }) =>
    values.map((value) => ({ place: path.slice(1).join("."), path, value })),
  );
  it.each(places)("$place may be $value", async ({ place, path, value }) => {
    const { body } = await dryRun(with_(request(), path, value));
    const wrong = (body.problems ?? []).filter((problem: { readonly path: string }) =>
      problem.path.replaceAll(/\[\d+\]/g, ".[]").startsWith(["intent", ...path.slice(1)].join(".")),
    );
    if (refused[place] === undefined) expect(wrong).toEqual([]);
    for (const { message } of wrong) expect(message).toMatch(refused[place] ?? /never/);
  });
});

/** A request with a value at a place, and what the schema requires beside it. */
function with_(base: object, path: readonly string[], value: string): unknown {
  const put = (at: unknown, [step, ...rest]: readonly string[], schema: ReferenceSchema): unknown => {
    const here = schema.$ref === undefined ? schema : (schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});
    if (step === undefined) return value;
    if (step === "[]") return [put({}, rest, here.items ?? {})];
    const filled = { ...required(here, step), ...(at as object) } as Record<string, unknown>;
    return { ...filled, [step]: put(filled[step] ?? {}, rest, here.properties?.[step] ?? {}) };
  };
  return put(base, path, submission);
}

const PLAIN: Readonly<Record<string, unknown>> = {
  port: 80,
  protocol: "TCP",
  source: "10.0.0.0/8",
  action: "allow",
  name: "data",
  size: "10Gi",
  type: "temporary",
  path: "/data",
  start: "2026-01-03T00:00:00Z",
  end: "2026-01-03T04:00:00Z",
};
const required = (schema: ReferenceSchema, but: string): object =>
  Object.fromEntries(
    (schema.required ?? [])
      .filter((name) => name !== but && name in PLAIN)
      .map((name) => [name, PLAIN[name]]),
  );

describe("the document of this API", () => {
  it("says of every route what it answers", async () => {
    const { body: made } = await api.ask("POST", "/intents", { token, body: request() });
    const { body: other } = await api.ask("POST", "/auth/tokens", { token, body: { name: "x" } });
    const calls = [
      ["get", "/healthz"],
      ["get", "/intents"],
      ["get", "/intents/{intent_id}"],
      ["patch", "/intents/{intent_id}", { priority: 1 }],
      ["delete", "/intents/{intent_id}"],
      ["get", "/resources"],
      ["post", "/auth/tokens", { name: "y" }],
      ["get", "/auth/tokens"],
      ["delete", "/auth/tokens/{token_id}"],
      ["get", "/auth/verify"],
      ["get", "/intents/{intent_id}", undefined, "none"],
      ["post", "/intents", {}],
      ["get", "/resources", undefined, "", ""],
    ] as const;
    for (const [method, path, body, id = made.intent_id, as = token] of calls) {
      const real = path.replace("{intent_id}", id).replace("{token_id}", other.token_id);
      const answer = await api.ask(method.toUpperCase(), real, { token: as === "" ? undefined : as, body });
      expect([method, path, answer.status, asOwnDocumentSays(path, method, answer)]).toEqual([
        method,
        path,
        answer.status,
        "valid",
      ]);
    }
  });

  it("keeps the paths, methods and operation ids of the reference", async () => {
    const { body: document } = await api.ask("GET", "/api/v1/openapi.json");
    const operations = (paths: Record<string, Record<string, { operationId?: string }>>) =>
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
      );
    const { paths } = reference as unknown as { readonly paths: Parameters<typeof operations>[0] };
    expect(operations(document.paths)).toEqual(expect.arrayContaining(operations(paths)));
    expect(document.openapi).toBe("3.1.0");
  });
});

describe("whatever is sent", () => {
  const routes = [
    ["POST", "/intents?dry_run=true"],
    ["PATCH", "/intents/00000000-0000-4000-8000-000000000000"],
    ["POST", "/auth/tokens"],
  ] as const;
  const anyBody = fc.oneof(
    fc.json({ maxDepth: 6 }),
    fc.string({ maxLength: 200 }),
    anyOf(submission, schemas).map((body) => JSON.stringify(body)),
    fc
      .tuple(anyOf(submission, schemas), fc.nat(2000), fc.string({ maxLength: 5 }))
      .map(([body, at, text]) => {
        const whole = JSON.stringify(body);
        return whole.slice(0, at % whole.length) + text + whole.slice((at % whole.length) + text.length);
      }),
    fc.constantFrom(
      '{"__proto__":{"intent":{}}}',
      '{"intent":{"constructor":{"prototype":1}}}',
      "null",
      "[]",
      '"x"',
      "1e999",
    ),
  );

  it("as a body is answered in the documented forms, and never breaks anything", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), anyBody, async ([method, path], body) => {
        if (body.trim() === "" && body !== " ") return;
        const answer = await api.ask(method, path, { token, body });
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400)
          expect(own.getSchema("own#/components/schemas/Error")?.(answer.body)).toBe(true);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it("as headers, query or path is answered in the documented forms", async () => {
    const printable = fc.string({
      unit: fc.constantFrom(...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))),
      maxLength: 60,
    });
    const names = [
      "Authorization",
      "X-Flare-Tenant",
      "X-Flare-Namespace",
      "Idempotency-Key",
      "If-Match",
      "If-None-Match",
      "Accept-Encoding",
      "X-Request-Id",
      "X-Forwarded-For",
      "Content-Type",
      "Accept",
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"),
        fc.constantFrom("/intents", "/intents/", "/resources", "/auth/tokens", "/auth/verify", "/"),
        fc.webPath(),
        fc.dictionary(
          fc.constantFrom("model", "limit", "cursor", "region", "memory_min", "max_rate", "dry_run", "x"),
          fc.string({ maxLength: 20 }),
        ),
        fc.dictionary(fc.constantFrom(...names), printable),
        async (method, start, path, query, headers) => {
          const url = `${start}${path.slice(0, 40).replace(/^\/+/, "")}?${new URLSearchParams(query).toString()}`;
          const answer = await api.ask(method, url, { token, headers });
          expect(answer.status).toBeLessThan(500);
          if (answer.status >= 400)
            expect(own.getSchema("own#/components/schemas/Error")?.(answer.body)).toBe(true);
        },
      ),
      { numRuns: 300, seed: 11 },
    );
    expect(api.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    expect((await api.ask("GET", "/resources", { token })).status).toBe(200);
  });
});
