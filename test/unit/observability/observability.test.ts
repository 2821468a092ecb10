import { afterEach, describe, expect, it } from "vitest";
import { type HealthServer, startHealthServer } from "../../../src/observability/health-server.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { counter, createMetrics, gauge, registerProcessMetrics } from "../../../src/observability/metrics.ts";

describe("the logger", () => {
  const linesOf = (work: (log: ReturnType<typeof createLogger>) => void) => {
    const lines: Record<string, unknown>[] = [];
    work(createLogger({ level: "info", base: { node: "a" }, write: (line) => lines.push(JSON.parse(line)) }));
    return lines;
  };

  it("writes JSON lines with a level that people read", () => {
    expect(linesOf((log) => log.warn({ key: 1 }, "hello"))).toEqual([
      {
        level: "warn",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        node: "a",
        key: 1,
        msg: "hello",
      },
    ]);
  });

  it("leaves out what is below its level", () => {
    expect(linesOf((log) => log.debug({}, "hello"))).toEqual([]);
  });

  it.each([
    [{ token: "s3cret" }],
    [{ user: { password: "s3cret" } }],
    [{ headers: { Authorization: "Bearer s3cret" } }],
  ])("keeps the secret of %j", (facts) => {
    const [line] = linesOf((log) => log.info(facts, "x"));
    expect(JSON.stringify(line)).not.toContain("s3cret");
    expect(JSON.stringify(line)).toContain("[redacted]");
  });
});

describe("the health server", () => {
  let server: HealthServer | undefined;
  let alive = true;
  afterEach(async () => {
    alive = true;
    await server?.close();
  });

  async function start(): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
    const metrics = createMetrics();
    registerProcessMetrics(metrics);
    counter(metrics, { name: "flare_test_total", help: "A test." }).inc(3);
    gauge(metrics, {
      name: "flare_test_size",
      help: "A test.",
      labels: ["kind"],
      collect: (self) => self.set({ kind: "x" }, 7),
    });
    server = await startHealthServer({
      host: "127.0.0.1",
      port: 0,
      metrics,
      healthy: () => (alive ? { ok: true } : { ok: false, message: "stuck" }),
      ready: () => ({ ok: false, message: "waiting" }),
    });
    const { port } = server;
    return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
  }

  it.each([
    ["/healthz", 200, "ok\n"],
    ["/readyz", 503, "waiting\n"],
    ["/readyz?verbose", 503, "waiting\n"],
    ["/", 404, "there is /healthz, /readyz and /metrics\n"],
  ])("answers %s", async (path, status, body) => {
    const response = await (await start())(path);
    expect([response.status, await response.text()]).toEqual([status, body]);
  });

  it("says what is wrong when the program is stuck", async () => {
    const get = await start();
    alive = false;
    const response = await get("/healthz");
    expect([response.status, await response.text()]).toEqual([503, "stuck\n"]);
  });

  it("serves metrics in Prometheus' text format", async () => {
    const response = await (await start())("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const body = await response.text();
    expect(body).toContain("flare_test_total 3");
    expect(body).toContain('flare_test_size{kind="x"} 7');
    expect(body).toMatch(/process_resident_memory_bytes \d{7}/);
  });

  it("answers HEAD without a body, and nothing but GET and HEAD", async () => {
    const get = await start();
    const head = await get("/metrics", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const post = await get("/metrics", { method: "POST", body: "x" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("names the address that is taken, and the flag", async () => {
    await start();
    const port = server?.port ?? 0;
    const second = startHealthServer({
      host: "127.0.0.1",
      port,
      metrics: createMetrics(),
      healthy: () => ({ ok: true }),
      ready: () => ({ ok: true }),
    });
    await expect(second).rejects.toThrow(
      `127.0.0.1:${port}: another program listens there; choose another with --listen`,
    );
  });
});
