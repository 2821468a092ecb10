import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** The one place that knows prom-client: `createMetrics`, `counter`, `gauge` and `histogram` are what the rest sees. */
export type Metrics = Registry;

interface MetricOptions<L extends string> {
  readonly name: string;
  /** A sentence for somebody who has never seen this program. */
  readonly help: string;
  readonly labels?: readonly L[];
}

/** Creates an empty registry: one per agent, so that several live in one process. */
export function createMetrics(): Metrics {
  return new Registry();
}

/** Registers a counter; its name ends in `_total`. */
export function counter<L extends string = never>(metrics: Metrics, options: MetricOptions<L>): Counter<L> {
  return new Counter({
    name: options.name,
    help: options.help,
    labelNames: options.labels ?? [],
    registers: [metrics],
  });
}

/** Registers a gauge; `collect` sets it just before a scrape. */
export function gauge<L extends string = never>(
  metrics: Metrics,
  options: MetricOptions<L> & { readonly collect?: (gauge: Gauge<L>) => void },
): Gauge<L> {
  const { collect } = options;
  return new Gauge({
    name: options.name,
    help: options.help,
    labelNames: options.labels ?? [],
    registers: [metrics],
    ...(collect === undefined
      ? {}
      : {
          collect(this: Gauge<L>) {
            collect(this);
          },
        }),
  });
}

/** Registers a histogram; each of its buckets counts what is not above its bound. */
export function histogram(
  metrics: Metrics,
  options: MetricOptions<never> & { readonly buckets: readonly number[] },
): Histogram {
  const { name, help, buckets } = options;
  return new Histogram({ name, help, buckets: [...buckets], registers: [metrics] });
}

/** Registers what is cheap to know of this process: memory, CPU time, start. prom-client's defaults cost timers and memory. */
export function registerProcessMetrics(metrics: Metrics): void {
  gauge(metrics, {
    name: "process_resident_memory_bytes",
    help: "Memory of this process that is in RAM, in bytes.",
    collect: (self) => self.set(process.memoryUsage.rss()),
  });
  counterOf(
    metrics,
    "process_cpu_seconds_total",
    "CPU time this process has used, user and system, in seconds.",
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
  gauge(metrics, {
    name: "process_start_time_seconds",
    help: "When this process started, in seconds since 1970.",
    collect: (self) => self.set(Math.round(Date.now() / 1000 - process.uptime())),
  });
}

/** A counter that somebody else counts; it is read at each scrape. */
function counterOf(metrics: Metrics, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [metrics],
    collect(this: Counter) {
      this.reset();
      this.inc(read());
    },
  });
}
