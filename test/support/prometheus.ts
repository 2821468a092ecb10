/** A real Prometheus server, where its package is installed. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFreePorts } from "./free-ports.ts";
import { type Daemon, startReadyDaemon } from "./processes.ts";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  /** The instant vector that a PromQL expression gives now. */
  query(expression: string): Promise<Sample[]>;
  stop(): Promise<void>;
}

export const prometheusIsThere = (): boolean =>
  ["prometheus", "promtool"].every((binary) => spawnSync(binary, ["--version"]).status === 0);

/** A loopback port to scrape, with labels that Prometheus gives it. */
export interface Target {
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Scrapes every second, with the kept labels of the target as Prometheus' defaults have them. */
export async function startPrometheus(targets: readonly (number | Target)[]): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), "flare-prometheus-"));
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  const addresses = targets.map((target) =>
    typeof target === "number"
      ? { targets: [`127.0.0.1:${target}`] }
      : { targets: [`127.0.0.1:${target.port}`], labels: target.labels },
  );
  const config = {
    global: { scrape_interval: "1s" },
    scrape_configs: [{ job_name: "flare-agent", static_configs: addresses }],
  };
  await writeFile(join(dir, "prometheus.yml"), JSON.stringify(config));
  try {
    const { daemon, url } = await withFreePorts(1, ([port = 0]) => startServer(dir, port));
    const stop = async (): Promise<void> => {
      await daemon.end(2000);
      await remove();
    };
    return { url, query: (expression) => query(url, expression), stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function startServer(dir: string, port: number): Promise<{ daemon: Daemon; url: string }> {
  const url = `http://127.0.0.1:${port}`;
  const command = [
    "prometheus",
    `--config.file=${dir}/prometheus.yml`,
    `--storage.tsdb.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const ready = async (): Promise<boolean> => (await fetch(`${url}/-/ready`)).ok;
  return { url, daemon: await startReadyDaemon("prometheus", command, `${dir}/prometheus.log`, ready) };
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

async function query(url: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  if (!response.ok) throw new Error(`query ${expression}: ${response.status} ${await response.text()}`);
  const { data } = (await response.json()) as Answer;
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** What `promtool check metrics` has to say about an exposition; empty when nothing. */
export function lintMetrics(exposition: string): string {
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: exposition,
    encoding: "utf8",
  });
  return status === 0 ? "" : `${stdout}${stderr}`.trim();
}
