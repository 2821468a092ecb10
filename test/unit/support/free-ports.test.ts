import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { firstEphemeralPort, withFreePorts } from "../../support/free-ports.ts";

const taken = "listen tcp 127.0.0.1:34847: bind: address already in use";

describe("ports for servers that cannot choose one", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  test("are different, and none that an outgoing connection may be given", async () => {
    const ports = await withFreePorts(50, (given) => Promise.resolve(given));
    expect(new Set(ports).size).toBe(50);
    expect(Math.max(...ports)).toBeLessThan(await firstEphemeralPort());
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(10_000);
  });

  test("one on which a server listens is passed over", async () => {
    const [port = 0] = await withFreePorts(1, (given) => Promise.resolve(given));
    server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    const share = (port - 10_000 + 0.5) / ((await firstEphemeralPort()) - 10_000);
    const draws = [share, 0.5, 0.25];
    const [next] = await withFreePorts(
      1,
      (given) => Promise.resolve(given),
      () => draws.shift() ?? Math.random(),
    );
    expect(next).not.toBe(port);
    expect(draws.length).toBeLessThan(2);
  });

  test("a server whose port was taken meanwhile is started again on others", async () => {
    const seen: number[] = [];
    const start = ([port = 0]: readonly number[]): Promise<string> =>
      seen.push(port) < 3 ? Promise.reject(new Error(taken)) : Promise.resolve("started");
    expect(await withFreePorts(1, start)).toBe("started");
    expect(new Set(seen).size).toBe(3);
  });

  test("after five tries the error is told, and any other error at once", async () => {
    let calls = 0;
    const failing = (message: string) => (): Promise<never> => {
      calls += 1;
      return Promise.reject(new Error(message));
    };
    await expect(withFreePorts(1, failing(taken))).rejects.toThrow(taken);
    expect(calls).toBe(5);
    await expect(withFreePorts(1, failing("no such file"))).rejects.toThrow("no such file");
    expect(calls).toBe(6);
  });
});
