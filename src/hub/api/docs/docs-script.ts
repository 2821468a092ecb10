/** The parts of a browser that the page uses; its own types are not among those of this program. */
interface Field {
  readonly name: string;
  readonly value: string;
  readonly dataset: Readonly<Record<string, string | undefined>>;
}
interface Form {
  readonly dataset: Readonly<Record<string, string | undefined>>;
  addEventListener(event: string, listener: (event: { preventDefault(): void }) => void): void;
  querySelectorAll(selector: string): Iterable<Field>;
  querySelector(selector: string): Output | null;
}
interface Output {
  textContent: string | null;
  hidden: boolean;
  addEventListener(event: string, listener: () => void): void;
}
export interface Page {
  querySelectorAll(selector: string): Iterable<Form>;
  querySelector(selector: string): { readonly value: string } | null;
}
export interface Browser {
  readonly page: Page;
  /** Path of the page itself; the API is beside it. */
  readonly path: string;
  readonly fetch: typeof fetch;
}

/**
 * Lets people send requests from the page. It is sent to browsers as its own text, so that it uses nothing but what it is
 * given. The token stays in its field: it is in no address, no storage, and goes to this server alone.
 */
export function tryItOut({ page, path, fetch: send }: Browser): void {
  const root = path.replace(/\/docs\/?$/, "");

  const valuesIn = (form: Form, place: string): readonly Field[] =>
    [...form.querySelectorAll(`[data-in=${place}]`)].filter(({ value }) => value !== "");

  const requestOf = (form: Form): { url: string; init: RequestInit } => {
    const { path: template = "", method = "GET" } = form.dataset;
    const target = valuesIn(form, "path").reduce(
      (text, { name, value }) => text.replace(`{${name}}`, encodeURIComponent(value)),
      template,
    );
    const query = new URLSearchParams(
      valuesIn(form, "query").map(({ name, value }): [string, string] => [name, value]),
    );
    const headers: Record<string, string> = {};
    for (const { name, value } of valuesIn(form, "header")) headers[name] = value;
    const [body] = valuesIn(form, "body");
    if (body !== undefined) headers["Content-Type"] = body.dataset.type ?? "application/json";
    const token = page.querySelector("#token")?.value.trim() ?? "";
    if (token !== "") headers.Authorization = `Bearer ${token}`;
    const suffix = query.size === 0 ? "" : `?${query.toString()}`;
    const sent = body === undefined ? {} : { body: body.value };
    return { url: root + target + suffix, init: { method, headers, ...sent } };
  };

  const pretty = (text: string, type: string): string => {
    if (!type.includes("json")) return text;
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  };

  const show = async (answer: Response, output: Output): Promise<void> => {
    const line = `${answer.status} ${answer.statusText}\n\n`;
    const decoder = new TextDecoder();
    let text = "";
    output.textContent = line;
    const reader = answer.body?.getReader();
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      text += decoder.decode(next.value, { stream: true });
      output.textContent = line + text;
      if (text.length <= 200_000) continue;
      output.textContent = `${line}${text.slice(0, 200_000)}\n... (cut off)`;
      await reader?.cancel();
      return;
    }
    output.textContent = line + pretty(text, answer.headers.get("content-type") ?? "");
  };

  for (const form of page.querySelectorAll("form[data-path]")) {
    const output = form.querySelector("output");
    const stop = form.querySelector("button[type=button]");
    let running = new AbortController();
    stop?.addEventListener("click", () => running.abort());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (output === null) return;
      running.abort();
      running = new AbortController();
      output.hidden = false;
      output.textContent = "...";
      const { url, init } = requestOf(form);
      const { signal } = running;
      send(url, { ...init, signal, credentials: "omit", redirect: "error" })
        .then((answer) => show(answer, output))
        .catch((error: unknown) => {
          if (signal.aborted) output.textContent = `${output.textContent ?? ""}\n(stopped)`;
          else output.textContent = String(error);
        });
    });
  }
}

/** The script of the page. */
export const DOCS_SCRIPT = `"use strict";(${tryItOut.toString()})({page:document,path:location.pathname,fetch:fetch.bind(window)});`;
