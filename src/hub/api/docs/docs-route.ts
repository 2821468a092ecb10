import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Bytes, Route } from "../route.ts";
import { DOCS_POLICY, docsPage } from "./docs-page.ts";

const compress = promisify(gzip);

const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": DOCS_POLICY,
  "Cache-Control": "no-cache",
};

/** GET /docs, made of the OpenAPI document once somebody asks. */
export function docsRoute(documentOf: () => object): Route {
  let page: Promise<Bytes> | undefined;
  return {
    method: "GET",
    path: "/docs",
    operationId: "getDocs",
    summary: "This API as a page to read and to try",
    tag: "Meta",
    access: "public",
    answer: { status: 200, description: "A page for a browser.", type: "text/html" },
    errors: [],
    handle: async () => {
      page ??= bytesOf(docsPage(documentOf()));
      return { status: 200, headers: HEADERS, bytes: await page };
    },
  };
}

async function bytesOf(text: string): Promise<Bytes> {
  const plain = Buffer.from(text);
  return { plain, gzip: await compress(plain) };
}
