/**
 * Requests that the REST API answers, as shares of what a server of the same framework answers that does nothing. The two
 * take turns on the same machine; the share of CPU time is what a busy neighbour disturbs least.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { type Load, type Recordings, recordAnswers } from "./api/recorded.ts";
import type { Measured, Question } from "./api/server.ts";
import { serve } from "./api/server.ts";
import { BENCH_TOKEN } from "./api/tokens.ts";
import { conditionsOf, type Figure, median, printResult, saveResult } from "./support/figures.ts";
import { cpuMillisecondsOf, type Memory, memoryOf } from "./support/proc.ts";

const { values } = parseArgs({
  options: {
    offers: { type: "string", default: "10000" },
    seconds: { type: "string", default: "6" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "16" },
    json: { type: "string" },
    serve: { type: "string" },
  },
});

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
  memory(): Memory;
  readonly url: string;
  end(): void;
}

/** With recordings the bare server, without the API. */
async function startServer(recordings?: Recordings): Promise<Server> {
  const kind = recordings === undefined ? "api" : "bare";
  const child = fork(process.argv[1] ?? "", ["--serve", kind, "--offers", values.offers], {
    execArgv: ["--expose-gc"],
    serialization: "advanced",
  });
  process.once("exit", () => child.kill("SIGKILL"));
  if (recordings !== undefined) {
    await once(child, "message");
    child.send(recordings);
  }
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
    memory: () => memoryOf(pid),
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

/** How long the bodies are that both send. */
const bytesOf = (recordings: Recordings): string =>
  [...recordings.values()].map(({ body }) => body.byteLength).join("+");

const PLACED = {
  method: "POST",
  path: "/intents?dry_run=true",
  headers: JSON_TYPE,
  body: intent({ model: "nvidia-h100", count: 2 }, { location: "EU" }),
} as const;
const REFUSED = { ...PLACED, body: intent({ count: 8 }, { max_hourly_cost: "0.1 EUR" }) };
const ALL = { method: "GET", path: "/resources?limit=500" } as const;
const PACKED = { ...ALL, headers: { "Accept-Encoding": "gzip" } };
const FILTERED = { method: "GET", path: "/resources?model=h100&available=true" } as const;

async function bench(): Promise<void> {
  const api = await startServer();
  const recordings = await recordAnswers(api.url, [ALL, PACKED, FILTERED, PLACED]);
  const bare = await startServer(recordings);
  const first = await compare(api, bare, ALL);
  const start = await api.ask("measure");
  const packed = await compare(api, bare, PACKED);
  const filtered = await compare(api, bare, FILTERED);
  const end = await api.ask("measure");
  const resident = api.memory().resident;
  const dryRuns = await compare(api, bare, PLACED);
  const blocks = {
    reads: await longestBlock(api, ALL, (text) => text.includes("available_gpus")),
    dryRuns: await longestBlock(api, PLACED, (text) => text.includes('"outcome":"placed"')),
    refusals: await longestBlock(api, REFUSED, (text) => text.includes('"suggestions":[{')),
  };
  const result = {
    bench: "api",
    conditions: conditionsOf({ ...values, bytes: bytesOf(recordings) }),
    figures: [
      ...figuresOf("read", first, 0.5),
      ...figuresOf("read with gzip", packed, 0.5),
      ...figuresOf("read with filters", filtered, 0.5),
      ...figuresOf("dry run", dryRuns),
      { name: "heap after the reads", value: start.heap, unit: "MiB" },
      { name: "heap after as many more", value: end.heap, unit: "MiB", atMost: start.heap * 1.1 },
      { name: "resident memory after them", value: resident, unit: "MiB" },
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
  await serve(values.serve, { offers: Number(values.offers) });
else await bench();
