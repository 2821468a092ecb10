import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { DOCS_POLICY, docsPage } from "../../../../src/hub/api/docs/docs-page.ts";
import { DOCS_SCRIPT, type Page, tryItOut } from "../../../../src/hub/api/docs/docs-script.ts";
import { openApiDocument } from "../../../../src/hub/api/openapi.ts";
import { apiRoutes } from "../../../../src/hub/api/routes.ts";

const nothing = {} as never;
const routes = apiRoutes(nothing, nothing, nothing, "test");
const page = docsPage(openApiDocument(routes, "test"));

describe("the page at /docs", () => {
  it("has every route, with a form that sends it", () => {
    for (const { method, path, operationId } of routes) {
      expect(page).toContain(`<section id="${operationId}">`);
      expect(page).toContain(`<form data-method="${method}" data-path="${path}">`);
    }
    expect(page).toContain('<div id="schema-Intent">');
  });

  it("leads nowhere that is not on it", () => {
    const links = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link = ""]) => link);
    const ids = new Set([...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => `#${id}`));
    expect(links.filter((link) => link !== "openapi.json" && !ids.has(link))).toEqual([]);
    expect(page).not.toMatch(/https?:\/\/(?!json-schema\.org)/);
  });

  it("may run what is on it and nothing else", () => {
    const hashes = [...page.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)].map(
      ([, kind, text = ""]) => `${kind}-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`,
    );
    expect(hashes).toHaveLength(2);
    for (const hash of hashes) expect(DOCS_POLICY).toContain(hash);
    expect(DOCS_POLICY).not.toContain("unsafe");
    expect(page).not.toMatch(/ (?:style|on\w+)="/);
  });

  it("has no form that a browser would send by itself, as one field in it and Enter are enough for", () => {
    const forms = [...page.matchAll(/<form([^>]*)>/g)].map(([, attributes = ""]) => attributes);
    expect(forms).toHaveLength(routes.length);
    for (const attributes of forms) expect(attributes).toContain("data-path=");
  });

  it("shows what is code in a text as code", () => {
    expect(page).toContain("Needs the permission <code>intents:write</code>.");
    expect(page).not.toMatch(/<p>[^<]*`/);
  });

  it("shows text of the document as text", () => {
    const document = openApiDocument(routes, '<img src=x onerror="alert(1)">');
    expect(docsPage(document)).not.toContain("<img");
  });
});

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A page with one form, as a browser would have it, and what it sends. */
function pageWith(path: string, method: string, fields: readonly object[], token: string, answer: Response) {
  const sent: Sent[] = [];
  const listeners = new Map<string, (event: { preventDefault(): void }) => void>();
  const output = { textContent: "", hidden: true, addEventListener: () => undefined };
  const form = {
    dataset: { path, method },
    addEventListener: (event: string, listener: (event: { preventDefault(): void }) => void) =>
      listeners.set(event, listener),
    querySelectorAll: (selector: string) =>
      (fields as { dataset: { in: string } }[]).filter(
        ({ dataset }) => selector === `[data-in=${dataset.in}]`,
      ),
    querySelector: (selector: string) => (selector === "output" ? output : null),
  };
  const browser = {
    querySelectorAll: () => [form],
    querySelector: () => ({ value: token }),
  } as unknown as Page;
  tryItOut({
    page: browser,
    path: "/api/v1/docs",
    fetch: (url, init) => {
      sent.push({ url: url as string, init: init ?? {} });
      return Promise.resolve(answer);
    },
  });
  listeners.get("submit")?.({ preventDefault: () => undefined });
  return { sent, output };
}

const field = (place: string, name: string, value: string): object => ({
  name,
  value,
  dataset: { in: place },
});

describe("trying a request on the page", () => {
  it("sends what was typed, to the API beside the page, with the token in its header alone", async () => {
    const answer = new Response('{"intents":[]}', { headers: { "content-type": "application/json" } });
    const fields = [
      field("path", "intent_id", "a/b"),
      field("query", "follow", "true"),
      field("query", "tail", ""),
      field("header", "X-Flare-Tenant", "acme"),
    ];
    const { sent, output } = pageWith("/intents/{intent_id}/logs", "GET", fields, " flr_x ", answer);
    expect(sent).toMatchObject([
      {
        url: "/api/v1/intents/a%2Fb/logs?follow=true",
        init: {
          method: "GET",
          credentials: "omit",
          headers: { "X-Flare-Tenant": "acme", Authorization: "Bearer flr_x" },
        },
      },
    ]);
    await expect.poll(() => output.textContent).toContain('{\n  "intents": []\n}');
    expect(output.hidden).toBe(false);
  });

  it("sends a body as JSON, and shows no more of an answer than can be looked at", async () => {
    const answer = new Response("x".repeat(300_000));
    const { sent, output } = pageWith("/intents", "POST", [field("body", "body", "{}")], "", answer);
    expect(sent).toMatchObject([
      {
        url: "/api/v1/intents",
        init: { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } },
      },
    ]);
    await expect.poll(() => output.textContent).toContain("(cut off)");
    expect(output.textContent?.length).toBeLessThan(201_000);
  });

  it("is a script that stands for itself", () => {
    const document = { querySelectorAll: () => [], querySelector: () => null };
    const browser = { document, location: { pathname: "/docs" }, fetch, window: {} };
    expect(() => runInNewContext(DOCS_SCRIPT, browser)).not.toThrow();
  });
});
