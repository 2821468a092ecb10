import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ApiServer, serveApp } from "../../../../src/hub/api/server.ts";
import { createLogger } from "../../../../src/observability/logger.ts";
import { createServerCertificate } from "../../../../src/sandbox/certificates.ts";

type Env = { readonly Bindings: HttpBindings };
const log: string[] = [];
const logger = createLogger({ level: "info", write: (line) => log.push(line) });
let server: ApiServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(app: Hono<Env>, tls?: { certFile: string; keyFile: string }) {
  server = await serveApp(app, { listen: { host: "127.0.0.1", port: 0 }, tls, log: logger, tlsEveryMs: 20 });
  return server;
}

function withRoot(answer: (context: Context<Env>) => Response | Promise<Response>): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/", answer);
  return app;
}

describe("a certificate of the API", () => {
  const fingerprint = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port, rejectUnauthorized: false, agent: false }, (response) => {
        resolve((response.socket as TLSSocket).getPeerCertificate().fingerprint256);
        response.resume();
      }).on("error", reject);
    });

  it("is read again when its files change; what does not go together changes nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flare-tls-"));
    const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
    const [first, second] = [
      await createServerCertificate(Date.now()),
      await createServerCertificate(Date.now()),
    ];
    await writeFile(files.certFile, first.certPem);
    await writeFile(files.keyFile, first.keyPem);
    const { port } = await serve(
      withRoot((c) => c.text("ok")),
      files,
    );
    const before = await fingerprint(port);
    await writeFile(files.certFile, second.certPem);
    await vi.waitFor(() => expect(log.join("")).toContain("the old one stays"), 10_000);
    expect(await fingerprint(port)).toBe(before);
    await writeFile(files.keyFile, second.keyPem);
    await vi.waitFor(async () => expect(await fingerprint(port)).not.toBe(before), 10_000);
  });

  it.each([
    [
      "certFile",
      "is missing",
      { certFile: "/no/tls.crt" },
      "/no/tls.crt cannot be read: there is no such file",
    ],
    ["keyFile", "is a directory", { keyFile: tmpdir() }, `${tmpdir()} cannot be read: it is a directory`],
  ])("whose %s %s is told by the setting and the file", async (setting, _, wrong, message) => {
    const folder = await mkdtemp(join(tmpdir(), "flare-tls-"));
    const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
    const pair = await createServerCertificate(Date.now());
    await writeFile(files.certFile, pair.certPem);
    await writeFile(files.keyFile, pair.keyPem);
    const app = withRoot((c) => c.text("ok"));
    await expect(serve(app, { ...files, ...wrong })).rejects.toThrow(`api.tls.${setting}: ${message}`);
  });

  it("that is just being written, and empty for the moment, changes nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flare-tls-"));
    const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
    const pair = await createServerCertificate(Date.now());
    await writeFile(files.certFile, pair.certPem);
    await writeFile(files.keyFile, pair.keyPem);
    const { port } = await serve(
      withRoot((c) => c.text("ok")),
      files,
    );
    const before = await fingerprint(port);
    const told = log.length;
    await writeFile(files.certFile, "");
    await vi.waitFor(() => expect(log.slice(told).join("")).toContain("the old one stays"), 10_000);
    expect(await fingerprint(port)).toBe(before);
  });

  it("that is none is told at the start, with its files", async () => {
    const files = { certFile: "package.json", keyFile: "package.json" };
    await expect(serve(new Hono<Env>(), files)).rejects.toThrow(
      "package.json and package.json are no certificate with its key",
    );
  });
});

describe("a server that is asked to end", () => {
  it("answers what came before, and takes nothing new", async () => {
    let arrived: () => void = () => undefined;
    let release: () => void = () => undefined;
    const here = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = withRoot(async (c) => {
      arrived();
      await held;
      return c.text("late, but whole");
    });
    const running = await serve(app);
    const { port } = running;
    const answer = fetch(`http://127.0.0.1:${port}/`);
    await here;
    const closed = running.close();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    release();
    expect(await (await answer).text()).toBe("late, but whole");
    await closed;
  });
});

it("an address that is taken is told with how to choose another", async () => {
  const { port } = await serve(new Hono<Env>());
  const again = serveApp(new Hono<Env>(), {
    listen: { host: "127.0.0.1", port },
    tls: undefined,
    log: logger,
  });
  await expect(again).rejects.toThrow(
    `cannot serve the API on 127.0.0.1:${port}: another program listens there; choose another by api.listen`,
  );
});

it("a signal that ends a request ends with its client", async () => {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const app = withRoot(async (c) => {
    await once(c.req.raw.signal, "abort");
    end();
    return c.text("");
  });
  const { port } = await serve(app);
  const leaving = new AbortController();
  const answer = fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal }).catch(() => undefined);
  setTimeout(() => leaving.abort(), 50);
  await answer;
  await ended;
});
