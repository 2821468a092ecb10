/** A real Prometheus server, where its package is installed. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, freePorts, startDaemon } from "./processes.ts";

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
  const [port = 0] = await freePorts(1);
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
  const daemon = await startDaemon(
    "prometheus",
    [
      "prometheus",
      `--config.file=${dir}/prometheus.yml`,
      `--storage.tsdb.path=${dir}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    join(dir, "prometheus.log"),
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await daemon.end(2000);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await eventually("prometheus", async () => (await fetch(`${url}/-/ready`)).ok);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, query: (expression) => query(url, expression), stop };
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
