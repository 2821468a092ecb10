import { createHash } from "node:crypto";
import { DOCS_SCRIPT } from "./docs-script.ts";
import { DOCS_STYLE } from "./docs-style.ts";

/** The parts of the OpenAPI document that the page shows. */
interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: { readonly enum?: readonly string[]; readonly default?: unknown };
}
type Content = Readonly<Record<string, { readonly schema?: { readonly $ref?: string } }>>;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing is loaded from anywhere, nothing runs but the page's own script, and it talks to this server alone. */
export const DOCS_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(DOCS_SCRIPT)}`,
  `style-src ${hashOf(DOCS_STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The interactive page of an OpenAPI document, whole in one file. */
export function docsPage(document: object): string {
  const { info, paths, components } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const contents = operations
    .map(
      ({ path, method, operation }) =>
        `<li><a href="#${escaped(operation.operationId)}">${method} ${escaped(path)}</a> <small>${prose(operation.summary)}</small></li>`,
    )
    .join("");
  const schemas = Object.entries(components.schemas)
    .map(
      ([name, schema]) =>
        // The id is within, for then a link to it opens what is closed around it.
        `<details><summary>${escaped(name)}</summary><div id="schema-${escaped(name)}">${json(schema)}</div></details>`,
    )
    .join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(info.title)} API</title><style>${DOCS_STYLE}</style></head><body>
<h1>${escaped(info.title)} <small>${escaped(info.version)}</small></h1><p>${escaped(info.description)}</p>
<p><a href="openapi.json">openapi.json</a> has the same for programs.</p>
<div id="access"><label>Token<input id="token" type="password" autocomplete="off" spellcheck="false">
<small>A FLARE token or a Kubernetes token. It is kept in this field alone, and sent to this server alone.</small></label></div>
<nav><ul>${contents}</ul></nav>
${operations.map(section).join("\n")}
<section><h2>Schemas</h2>${schemas}</section>
<script>${DOCS_SCRIPT}</script></body></html>
`;
}

interface Located {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function section({ path, method, operation }: Located): string {
  const { operationId, summary, description = "", parameters, requestBody, responses } = operation;
  const answers = Object.entries(responses).map(
    ([status, { description: means, content = {} }]) =>
      `<tr><td>${escaped(status)}</td><td>${prose(means)} ${schemaLinks(content)}</td></tr>`,
  );
  return `<section id="${escaped(operationId)}"><h2><b>${method}</b><code>${escaped(path)}</code></h2>
<p>${prose(summary)}. ${prose(description)}</p>
<form data-method="${method}" data-path="${escaped(path)}">${parameters.map(field).join("")}${bodyField(requestBody)}
<button type="submit">Send</button><button type="button">Stop</button><output hidden></output></form>
<details><summary>Answers</summary><table>${answers.join("")}</table></details></section>`;
}

function field({ name, in: place, required = false, description = "", schema }: Parameter): string {
  const attributes = `name="${escaped(name)}" data-in="${escaped(place)}"${required ? " required" : ""}`;
  const { enum: values, default: usual } = schema;
  const hint = usual === undefined ? "" : ` placeholder="${escaped(JSON.stringify(usual))}"`;
  const input =
    values === undefined
      ? `<input ${attributes}${hint} autocomplete="off" spellcheck="false">`
      : `<select ${attributes}>${["", ...values].map((value) => `<option>${escaped(value)}</option>`).join("")}</select>`;
  return `<label><code>${escaped(name)}</code> in ${escaped(place)}${input}<small>${prose(description)}</small></label>`;
}

/** A request to begin with, where there is a usual one. */
const EXAMPLES: Readonly<Record<string, object>> = {
  IntentSubmission: {
    intent: {
      objective: "Cost_Minimization",
      workload: {
        type: "batch",
        name: "train",
        image: "ghcr.io/acme/train:1",
        resources: { gpu: { model: "nvidia-h100", count: 1 } },
      },
      constraints: { max_hourly_cost: "10 EUR", location: "EU" },
    },
  },
  IntentPatch: { priority: 5 },
  CreateTokenRequest: { name: "ci", expires_in: "30d", permissions: ["intents:read", "resources:read"] },
};

function bodyField(body: Operation["requestBody"]): string {
  const [type, content] = Object.entries(body?.content ?? {})[0] ?? [];
  if (type === undefined) return "";
  const example = JSON.stringify(EXAMPLES[schemaName(content?.schema?.$ref)] ?? {}, null, 2);
  return `<label>Body ${schemaLinks(body?.content ?? {})}<textarea name="body" data-in="body" data-type="${escaped(type)}" spellcheck="false">${escaped(example)}</textarea></label>`;
}

const schemaName = (ref = ""): string => ref.replace("#/components/schemas/", "");

function schemaLinks(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const name = schemaName(schema?.$ref);
      return name === "" ? escaped(type) : `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`;
    })
    .join(" ");
}

const json = (value: unknown): string => `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;

/** Text of the document, with what stands between backticks as code. */
const prose = (text: string): string => escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
