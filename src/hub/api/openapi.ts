import * as z from "zod";
import { restIntentSchema } from "../../intent/rest-schema.ts";
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
import type { Route } from "./route.ts";

const ERROR_CODE_NAMES = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

/** The body of every error. */
const errorForm = z
  .object({
    status: z.int().describe("The HTTP status."),
    error_code: z.enum(ERROR_CODE_NAMES),
    message: z.string().describe("What is wrong and what would mend it."),
    suggestions: z
      .array(
        z
          .object({
            alternative: z.string().describe("What to ask for instead; it would fit now."),
            cost_difference: z
              .string()
              .describe('Against what was asked for, such as "-1.20 EUR/hour".')
              .optional(),
            performance_impact: z.string().describe('Such as "-20%".').optional(),
          })
          .meta({ id: "ErrorSuggestion" }),
      )
      .describe("Worked out from what the providers have now."),
    problems: z
      .array(
        z.object({
          path: z.string().describe("Where, as you wrote it."),
          reason: z.enum(["missing", "unknown", "invalid", "contradiction"]),
          message: z.string(),
          allowed: z.array(z.string()).optional(),
          nearest: z.string().optional(),
        }),
      )
      .describe("Everything that is wrong with the request, not only the first.")
      .optional(),
    quota: z.object({ name: z.string(), used: z.string(), limit: z.string() }).optional(),
    request_id: z.string().describe("By which the hub's log has more."),
  })
  .meta({ id: "Error" });

/** What any route that wants a token may answer. */
const ALWAYS: readonly ErrorCode[] = [
  "INVALID_FORMAT",
  "INVALID_TOKEN",
  "TOKEN_EXPIRED",
  "TOKEN_REVOKED",
  "AUTHENTICATION_FAILED",
  "INSUFFICIENT_PERMISSIONS",
  "TENANT_REQUIRED",
  "RATE_LIMITED",
  "UNAVAILABLE",
];
const WITH_BODY: readonly ErrorCode[] = [
  "MISSING_REQUIRED_FIELD",
  "PAYLOAD_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
];

/** The codes that a route may answer. */
export function errorCodesOf({ access, body, errors }: Route): readonly ErrorCode[] {
  const usual = access === "public" ? [] : ALWAYS;
  return [...new Set([...usual, ...(body === undefined ? [] : WITH_BODY), ...errors])];
}

/** The OpenAPI 3.1 document of the routes, from the very schemas that they validate with. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    target: "draft-2020-12",
    // What comes may grow by fields; what is sent may not have unknown ones.
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => withoutSafeBounds(jsonSchema as Record<string, unknown>),
  });
  const plain = Object.entries(schemas).map(([id, schema]) => [id, without(schema, ["$schema", "$id"])]);
  const intent = restIntentSchema();
  return {
    openapi: "3.1.0",
    info: {
      title: "FLARE",
      version,
      description: "Ask for GPUs of many clusters, and run on them what you have.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api/v1" }],
    security: [{ BearerAuth: [] }],
    paths: pathsOf(routes),
    components: {
      securitySchemes: {
        BearerAuth: {
          type: "http",
          scheme: "bearer",
          description: "A FLARE token (flr_...) or a Kubernetes token.",
        },
      },
      schemas: {
        ...Object.fromEntries(plain),
        Intent: intent,
        IntentSubmission: {
          type: "object",
          properties: { intent: { $ref: "#/components/schemas/Intent" } },
          required: ["intent"],
          additionalProperties: false,
        },
        IntentPatch: {
          type: "object",
          description:
            "Fields of an Intent to change (RFC 7386): null takes one away, a list replaces a list.",
        },
      },
    },
  };
}

const without = (object: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

function withoutSafeBounds(schema: Record<string, unknown>): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === -Number.MAX_SAFE_INTEGER) delete schema.minimum;
}

function pathsOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = operations;
  }
  return paths;
}

function operationOf(route: Route): object {
  const { operationId, summary, tag, body, access, answer } = route;
  return {
    operationId,
    summary,
    tags: [tag],
    ...(access === "public" ? { security: [] } : {}),
    ...(access === "public" || access === "identity"
      ? {}
      : { description: `Needs the permission \`${access}\`.` }),
    parameters: parametersOf(route),
    ...(body === undefined ? {} : { requestBody: requestBodyOf(body) }),
    responses: {
      [answer.status]: {
        description: answer.description,
        ...contentOf(answer.schema, answer.type),
      },
      ...errorResponses(errorCodesOf(route)),
    },
  };
}

function parametersOf({ path, query, headers = {}, access }: Route): readonly object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const { properties = {} } = query === undefined ? {} : z.toJSONSchema(query, { io: "input" });
  const inQuery = Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === "object" ? property : {};
    return { name, in: "query", ...(description === undefined ? {} : { description }), schema };
  });
  const chosen =
    access === "public" ? {} : { "X-Flare-Tenant": "The tenant to act for, where you belong to several." };
  const inHeader = Object.entries({ ...headers, ...chosen }).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

function requestBodyOf({ schema, type }: NonNullable<Route["body"]>): object {
  const ref =
    schema === "intent" ? "IntentSubmission" : schema === "intent-patch" ? "IntentPatch" : idOf(schema);
  return { required: true, content: { [type]: { schema: { $ref: `#/components/schemas/${ref}` } } } };
}

function contentOf(schema: z.ZodType | undefined, type = "application/json"): object {
  if (schema !== undefined)
    return { content: { [type]: { schema: { $ref: `#/components/schemas/${idOf(schema)}` } } } };
  return type === "application/json" ? {} : { content: { [type]: { schema: { type: "string" } } } };
}

/** Every schema of a body has a name by which the document has it. */
function idOf(schema: z.ZodType): string {
  const { id } = schema.meta() ?? {};
  if (id === undefined) throw new Error("a schema of a route has no id");
  return id;
}

function errorResponses(codes: readonly ErrorCode[]): object {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { "application/json": { schema: { $ref: `#/components/schemas/${idOf(errorForm)}` } } };
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      { description: list.map((code) => `${code}: ${ERROR_CODES[code].means}`).join(" "), content },
    ]),
  );
}
