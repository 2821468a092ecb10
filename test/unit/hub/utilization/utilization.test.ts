/** GPU utilisation as providers' Prometheus servers tell it. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Place } from "../../../../src/hub/intents/places.ts";
import type { ProviderEntry } from "../../../../src/hub/providers/directory.ts";
import { readUtilization, utilizationQuery } from "../../../../src/hub/utilization/query.ts";
import { createUtilization } from "../../../../src/hub/utilization/utilization.ts";
import type { ProviderSpec } from "../../../../src/intent/provider-schema.ts";
import type { KubeClient } from "../../../../src/kubernetes/kube-client.ts";
import { KubeError } from "../../../../src/kubernetes/kube-error.ts";
import { createLogger } from "../../../../src/observability/logger.ts";
import { createServerCertificate } from "../../../../src/sandbox/certificates.ts";

const vector = (values: Readonly<Record<string, string>>) =>
  JSON.stringify({
    status: "success",
    data: {
      resultType: "vector",
      result: Object.entries(values).map(([namespace, value]) => ({
        metric: { workload_namespace: namespace },
        value: [1767268800.123, value],
      })),
    },
  });

describe("an answer of Prometheus", () => {
  it.each([
    ["percent by namespace", vector({ a: "85.5", b: "0" }), { a: 85.5, b: 0 }],
    ["nothing where nobody is busy or known", vector({}), {}],
    ["not what is no number", vector({ a: "NaN", b: "+Inf", c: "-1", d: "12" }), { d: 12 }],
    ["no more than all", vector({ a: "140" }), { a: 100 }],
  ])("tells %s", (_, text, expected) => {
    expect(Object.fromEntries(readUtilization(text))).toEqual(expected);
  });

  it.each([
    [
      "an error of the query",
      '{"status":"error","errorType":"bad_data","error":"parse error"}',
      "bad_data: parse error",
    ],
    ["a page of a proxy", "<html></html>", "not one of Prometheus"],
    [
      "another kind of result",
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      "not one of",
    ],
    [
      "nonsense in the place of a sample",
      '{"status":"success","data":{"resultType":"vector","result":[1]}}',
      "not",
    ],
  ])("that is %s says so", (_, text, message) => {
    expect(() => readUtilization(text)).toThrow(message);
  });
});

describe("the query", () => {
  it("asks for the given namespaces in both spellings, and lets nothing else in", () => {
    const query = utilizationQuery("DCGM_FI_DEV_GPU_UTIL", ["team-a-web", 'x"} or vector(1)#', "team-b"]);
    expect(query).toContain('exported_namespace=~"team-a-web|team-b"');
    expect(query).toContain('exported_namespace="",namespace=~"team-a-web|team-b"');
    expect(query).not.toContain("vector");
  });
});

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly query: string;
}

interface Server {
  readonly url: string;
  readonly asked: Asked[];
  readonly ca: string;
}

async function prometheus(
  answer: (response: ServerResponse) => void,
  { tls = false }: { readonly tls?: boolean } = {},
): Promise<Server> {
  const asked: Asked[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { url = "", headers } = request;
      asked.push({
        path: url,
        authorization: headers.authorization,
        query: new URLSearchParams(body).get("query") ?? "",
      });
      answer(response);
    });
  };
  const made = tls ? await createServerCertificate(Date.now()) : undefined;
  const server =
    made === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ key: made.keyPem, cert: made.certPem }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ending.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http${tls ? "s" : ""}://127.0.0.1:${port}`, asked, ca: made?.caPem ?? "" };
}

const answers =
  (text: string, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(text);
  };

const place = (provider: string, namespace: string, units = 1): Place => ({
  provider,
  namespace,
  tasks: [{ index: 0, provider, node: "gpu-1", resource: "nvidia.com/gpu", units }],
});

/** The providers with their Prometheus servers, asked every 50 ms. */
function start(
  servers: Readonly<Record<string, Partial<NonNullable<ProviderSpec["prometheus"]>> | undefined>>,
  secret?: Readonly<Record<string, string>>,
) {
  const log: string[] = [];
  let errors = 0;
  let ahead = 0;
  const providers = Object.entries(servers).map(
    ([name, given]) =>
      ({
        name,
        provider: () => ({ spec: { prometheus: given && { metric: "DCGM_FI_DEV_GPU_UTIL", ...given } } }),
      }) as unknown as ProviderEntry,
  );
  const client = {
    get: async () => {
      if (secret === undefined) throw new KubeError("not-found", "there is none", { status: 404 });
      return { data: secret };
    },
  } as unknown as KubeClient;
  const utilization = createUtilization({
    providers: { all: () => providers },
    client,
    namespacesIn: () => ["team-a-web", "team-b-job"],
    everyMs: 50,
    log: createLogger({ level: "info", write: (line) => log.push(line) }),
    onError: () => {
      errors += 1;
    },
    now: () => Date.now() + ahead,
  });
  const stopper = new AbortController();
  const running = utilization.run(stopper.signal);
  ending.push(async () => {
    stopper.abort();
    await running;
  });
  return {
    of: (...places: Place[]) => utilization.of(places),
    log,
    errors: () => errors,
    pass: (milliseconds: number) => {
      ahead += milliseconds;
    },
  };
}

const until = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 10 });
const web = place("alpha", "team-a-web");

describe("the utilisation of an Intent's GPUs", () => {
  it("is what its provider's Prometheus tells of its namespace, asked for all namespaces at once", async () => {
    const server = await prometheus(answers(vector({ "team-a-web": "85.4", "team-b-job": "10" })));
    const { of } = start({ alpha: { url: `${server.url}/prometheus/` } });
    await until(() => of(web)).toBe(85.4);
    expect(of(place("alpha", "team-b-job"))).toBe(10);
    expect(of(place("alpha", "unheard-of"))).toBeUndefined();
    expect(server.asked[0]).toMatchObject({ path: "/prometheus/api/v1/query", authorization: undefined });
    expect(server.asked[0]?.query).toContain("team-a-web|team-b-job");
  });

  it("is the mean over its providers by their GPUs, and unknown where one of them does not tell", async () => {
    const alpha = await prometheus(answers(vector({ "team-a-web": "100" })));
    const beta = await prometheus(answers(vector({ "team-a-web": "40" })));
    const { of } = start({ alpha: { url: alpha.url }, beta: { url: beta.url }, gamma: undefined });
    await until(() => of(place("alpha", "team-a-web", 1), place("beta", "team-a-web", 3))).toBe(55);
    expect(of(web, place("gamma", "team-a-web"))).toBeUndefined();
  });

  it("is unknown once nobody told it for a while", async () => {
    let isUp = true;
    const server = await prometheus((response) =>
      isUp ? answers(vector({ "team-a-web": "50" }))(response) : answers("no", 503)(response),
    );
    const { of, pass, log } = start({ alpha: { url: server.url } });
    await until(() => of(web)).toBe(50);
    isUp = false;
    await until(() => log.join("")).toContain("HTTP 503");
    expect(of(web)).toBe(50);
    pass(60_000);
    expect(of(web)).toBeUndefined();
    isUp = true;
    await until(() => of(web)).toBe(50);
    await until(() => log.join("")).toContain("answers again");
  });

  it("of one provider does not wait for another that never answers", async () => {
    const silent = await prometheus(() => undefined);
    const beta = await prometheus(answers(vector({ "team-a-web": "40" })));
    const { of } = start({ alpha: { url: silent.url }, beta: { url: beta.url } });
    await until(() => of(place("beta", "team-a-web"))).toBe(40);
  });

  it.each([
    ["an answer that is too long", () => answers("[".repeat(5_000_000)), "longer than"],
    ["an error", () => answers('{"status":"error","error":"too many samples"}', 422), "too many samples"],
    [
      "a redirect",
      () => (response: ServerResponse) => void response.writeHead(302, { Location: "/x" }).end(),
      "302",
    ],
  ])("says once what is wrong with %s", async (_, answer, why) => {
    const server = await prometheus(answer());
    const { of, log, errors } = start({ alpha: { url: server.url } });
    await until(errors).toBeGreaterThan(2);
    expect(of(web)).toBeUndefined();
    expect(log).toHaveLength(1);
    expect(log[0]).toContain(why);
  });
});

describe("a Prometheus that is guarded", () => {
  const bearerTokenSecretRef = { namespace: "flare-system", name: "alpha", key: "token" };
  const token = Buffer.from("t0ken\n").toString("base64");

  it("gets the token of the Secret, and is trusted by its own certificate", async () => {
    const server = await prometheus(answers(vector({ "team-a-web": "7" })), { tls: true });
    const caBundle = Buffer.from(server.ca).toString("base64");
    const { of } = start({ alpha: { url: server.url, caBundle, bearerTokenSecretRef } }, { token });
    await until(() => of(web)).toBe(7);
    expect(server.asked[0]?.authorization).toBe("Bearer t0ken");
  });

  it.each([
    ["the token goes nowhere in the clear", false, { token }, "needs a URL with https"],
    ["a missing Secret is told", true, undefined, "Secret flare-system/alpha does not exist"],
    ["a missing key is told", true, { other: token }, "flare-system/alpha has no key"],
    ["a certificate that nobody vouches for is told", true, { token }, "certificate"],
  ] as const)("%s", async (_, tls, secret, why) => {
    const server = await prometheus(answers(vector({ "team-a-web": "7" })), { tls });
    const { of, log } = start({ alpha: { url: server.url, bearerTokenSecretRef } }, secret);
    await until(() => log.join("")).toContain(why);
    expect(of(web)).toBeUndefined();
    expect(server.asked).toEqual([]);
    expect(log.join("")).not.toContain("t0ken");
  });
});
