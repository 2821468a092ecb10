/**
 * Requests that the REST API answers, as shares of what a server of the same framework answers that does nothing. The two
 * take turns on the same machine; the share of CPU time is what a busy neighbour disturbs least.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import type { Measured, Question } from "./api/server.ts";
import { serve } from "./api/server.ts";
import { BENCH_TOKEN } from "./api/tokens.ts";
import { conditionsOf, type Figure, median, printResult, saveResult } from "./support/figures.ts";
import { cpuMillisecondsOf } from "./support/proc.ts";

const { values } = parseArgs({
  options: {
    offers: { type: "string", default: "10000" },
    seconds: { type: "string", default: "6" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "16" },
    json: { type: "string" },
    serve: { type: "string" },
    body: { type: "string", default: "0" },
  },
});

interface Load {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Round {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU milliseconds of the server for each request. */
  readonly cpu: number;
}

interface Server {
  load(load: Load): Promise<Round>;
  ask(question: Question): Promise<Measured>;
  readonly url: string;
  end(): void;
}

async function startServer(kind: "api" | "bare", body: number): Promise<Server> {
  const args = ["--serve", kind, "--offers", values.offers, "--body", String(body)];
  const child = fork(process.argv[1] ?? "", args, { execArgv: ["--expose-gc"] });
  process.once("exit", () => child.kill("SIGKILL"));
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const url = `http://127.0.0.1:${port}`;
  const { pid = 0 } = child;
  return {
    url,
    load: async (load) => {
      const before = cpuMillisecondsOf(pid);
      const result = await autocannon({
        ...load,
        url: url + load.path,
        connections: Number(values.connections),
        duration: Number(values.seconds),
        headers: { Authorization: `Bearer ${BENCH_TOKEN}`, ...load.headers },
      });
      const { errors, timeouts, requests, latency, "2xx": good } = result;
      if (errors + timeouts > 0 || good < requests.total * 0.999 - 1)
        throw new Error(`${kind} ${load.path}: ${errors} errors, ${good} of ${requests.total} were 2xx`);
      const cpu = (cpuMillisecondsOf(pid) - before) / requests.total;
      return { perSecond: requests.average, p50: latency.p50, p99: latency.p99, cpu };
    },
    ask: async (question) => {
      child.send(question);
      return ((await once(child, "message")) as [Measured])[0];
    },
    end: () => void child.kill("SIGKILL"),
  };
}

/** Both servers in turn; the first round warms up and is not counted. */
async function compare(api: Server, bare: Server, load: Load): Promise<{ api: Round; bare: Round }> {
  const rounds: { api: Round; bare: Round }[] = [];
  for (let round = 0; round <= Number(values.rounds); round += 1)
    rounds.push({ bare: await bare.load(load), api: await api.load(load) });
  const middle = (of: (round: { api: Round; bare: Round }) => Round): Round => {
    const counted = rounds.slice(1).map(of);
    const each = (field: keyof Round): number => median(counted.map((round) => round[field]));
    return { perSecond: each("perSecond"), p50: each("p50"), p99: each("p99"), cpu: each("cpu") };
  };
  return { api: middle((round) => round.api), bare: middle((round) => round.bare) };
}

function figuresOf(
  name: string,
  { api, bare }: { api: Round; bare: Round },
  atLeast?: number,
): readonly Figure[] {
  const aim = atLeast === undefined ? {} : { atLeast };
  return [
    { name: `${name}, requests of bare`, value: api.perSecond / bare.perSecond, unit: "times", ...aim },
    { name: `${name}, CPU of bare`, value: bare.cpu / api.cpu, unit: "times" },
    { name: `${name}, requests`, value: Math.round(api.perSecond), unit: "/s" },
    { name: `${name}, CPU each`, value: api.cpu, unit: "ms" },
    { name: `${name}, p50`, value: api.p50, unit: "ms" },
    { name: `${name}, p99`, value: api.p99, unit: "ms" },
    { name: `${name}, p99 of bare`, value: bare.p99, unit: "ms" },
  ];
}

const intent = (gpu: object, constraints: object = {}): string =>
  JSON.stringify({
    intent: {
      objective: "Cost_Minimization",
      workload: { type: "batch", name: "train", image: "acme/train:1", resources: { gpu } },
      constraints,
    },
  });
const JSON_TYPE = { "Content-Type": "application/json" };
const GZIP = { "Accept-Encoding": "gzip" };
const READ = "/resources?limit=500";

async function bench(): Promise<void> {
  const api = await startServer("api", 0);
  const headers = { Authorization: `Bearer ${BENCH_TOKEN}` };
  const answer = await (await fetch(api.url + READ, { headers })).arrayBuffer();
  const bare = await startServer("bare", answer.byteLength);
  const first = { method: "GET", path: READ } as const;
  const reads = await compare(api, bare, first);
  const start = await api.ask("measure");
  const packed = await compare(api, bare, { ...first, headers: GZIP });
  const unchanged = await compare(api, bare, { method: "GET", path: "/resources?model=h100&available=true" });
  const end = await api.ask("measure");
  const post = { method: "POST", path: "/intents?dry_run=true", headers: JSON_TYPE } as const;
  const placed = { ...post, body: intent({ model: "nvidia-h100", count: 2 }, { location: "EU" }) };
  const dryRuns = await compare(api, bare, placed);
  const refused = { ...post, body: intent({ count: 8 }, { max_hourly_cost: "0.1 EUR" }) };
  const blocks = {
    reads: await longestBlock(api, first, (text) => text.includes("available_gpus")),
    dryRuns: await longestBlock(api, placed, (text) => text.includes('"outcome":"placed"')),
    refusals: await longestBlock(api, refused, (text) => text.includes('"suggestions":[{')),
  };
  const result = {
    bench: "api",
    conditions: conditionsOf({ ...values, body: `${answer.byteLength} bytes` }),
    figures: [
      ...figuresOf("read", reads, 0.5),
      ...figuresOf("read with gzip", packed, 0.5),
      ...figuresOf("read with filters", unchanged),
      ...figuresOf("dry run", dryRuns),
      { name: "heap after the reads", value: start.heap, unit: "MiB" },
      { name: "heap after as many more", value: end.heap, unit: "MiB", atMost: start.heap * 1.1 },
      { name: "longest turn of a read", value: blocks.reads, unit: "ms CPU", atMost: 50 },
      { name: "longest turn of a dry run", value: blocks.dryRuns, unit: "ms CPU", atMost: 50 },
      { name: "longest turn of a refusal", value: blocks.refusals, unit: "ms CPU", atMost: 50 },
    ],
  };
  printResult(result);
  await saveResult(result, values.json);
  api.end();
  bare.end();
}

/** Requests one after the other, each on offers that have changed since: the longest turn among them, once it is warm. */
async function longestBlock(api: Server, load: Load, isGood: (text: string) => boolean): Promise<number> {
  const { path, method, headers, body } = load;
  const init = { method, headers: { Authorization: `Bearer ${BENCH_TOKEN}`, ...headers } };
  const blocks: number[] = [];
  for (let times = 0; times < 8; times += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await api.ask("reset");
    const answer = await fetch(api.url + path, body === undefined ? init : { ...init, body });
    const text = await answer.text();
    if (!isGood(text)) throw new Error(`${method} ${path}: ${text.slice(0, 300)}`);
    blocks.push((await api.ask("measure")).longestBlock);
  }
  return Math.max(...blocks.slice(2));
}

if (values.serve === "api" || values.serve === "bare")
  await serve(values.serve, { offers: Number(values.offers), body: Number(values.body) });
else await bench();
