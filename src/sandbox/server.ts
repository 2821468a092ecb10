import type { IncomingMessage, ServerResponse } from "node:http";
import { authenticate } from "./authenticate.ts";
import { discoveryDocument, openApiDocument, openApiIndex, openApiV2 } from "./discovery.ts";
import { ApiError, forbidden, methodNotAllowed, noSuchResource } from "./errors.ts";
import { sendError, sendJson, sendText } from "./http.ts";
import { authorize, denial } from "./rbac.ts";
import { actionOf, parsePath } from "./request.ts";
import type { createRequestLog } from "./request-log.ts";
import { handleResource, type ServerState } from "./resource-handler.ts";

/** A fault for the next requests: what to answer instead of doing the work. */
export interface Fault {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ServerOptions extends ServerState {
  readonly requests: ReturnType<typeof createRequestLog>;
  /** The fault for this request, if one is due. */
  readonly nextFault: () => Fault | undefined;
}

const version = {
  major: "1",
  minor: "34",
  gitVersion: "v1.34.0-flare.sandbox",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: `${process.platform}/${process.arch}`,
};

/** The request listener: authenticates, authorizes, answers. It never throws. */
export const requestListener =
  (options: ServerOptions) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    handle(options, request, response).catch((error: unknown) => {
      sendError(response, error);
      // The rest of a body that was refused is not worth reading.
      if (error instanceof ApiError && error.code === 413) request.destroy();
    });
  };

async function handle(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { kernel, requests } = options;
  const url = new URL(request.url ?? "/", "https://sandbox");
  const path = parsePath(url.pathname);
  const action = actionOf(request.method ?? "GET", path, url.searchParams);
  requests.record(
    action.verb,
    action.kind === "path"
      ? action.path
      : `${action.resource}${action.subresource === "" ? "" : `/${action.subresource}`}`,
  );
  const fault = options.nextFault();
  if (fault !== undefined) {
    sendError(
      response,
      new ApiError(fault.status, reasons[fault.status] ?? "InternalError", "a fault that a test asked for"),
      fault.headers,
    );
    return;
  }
  const user = authenticate(kernel.store, options.tokens, request);
  if (!authorize(kernel.store, user, action).allowed) {
    if (action.kind === "path")
      throw new ApiError(403, "Forbidden", `forbidden: ${denial(user, action)}`, {});
    throw forbidden(
      { group: action.group, plural: action.resource, name: action.name },
      denial(user, action),
    );
  }
  if (path.kind === "resource")
    await handleResource(options, { request, response, path, query: url.searchParams, user });
  else answerPath(options, url.pathname, request, response);
}

const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

function answerPath(
  { kernel }: ServerOptions,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
  const path = pathname.replace(/\/+$/, "");
  const types = kernel.registry.types();
  if (path === "/healthz" || path === "/livez" || path === "/readyz") {
    sendText(response, "ok");
    return;
  }
  if (path === "/openapi/v2") {
    response.writeHead(200, { "content-type": "application/com.github.proto-openapi.spec.v2@v1.0+protobuf" });
    response.end(openApiV2);
    return;
  }
  const body = documentAt(path, types, String(kernel.store.revision()));
  if (body === undefined) throw noSuchResource();
  sendJson(response, { code: 200, body });
}

function documentAt(path: string, types: Parameters<typeof discoveryDocument>[1], hash: string): unknown {
  if (path === "/version") return version;
  if (path === "/openapi/v3") return openApiIndex(types, hash);
  if (path.startsWith("/openapi/v3/")) return openApiDocument(path.slice("/openapi/v3/".length), types);
  if (path === "/api" || path === "/apis" || path.startsWith("/api/") || path.startsWith("/apis/"))
    return discoveryDocument(path, types);
  return path === ""
    ? { paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"] }
    : undefined;
}
