/** What dcgm-exporter exposes, scraped by a real Prometheus, and what the hub makes of it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askUtilization } from "../../src/hub/utilization/ask.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { eventually } from "../support/processes.ts";
import { type Prometheus, prometheusIsThere, startPrometheus } from "../support/prometheus.ts";

if (!prometheusIsThere()) {
  console.log("Not run: prometheus and promtool are not installed (Debian's package `prometheus` has both).");
}

/** As dcgm-exporter 3.3 writes it; a GPU that nobody uses has the labels of no pod. */
const gpu = (index: number, percent: number, pod?: { readonly namespace: string; readonly name: string }) => {
  const labels: Record<string, string> = {
    gpu: String(index),
    UUID: `GPU-0000000${index}-1111-2222-3333-444444444444`,
    pci_bus_id: `00000000:0${index}:00.0`,
    device: `nvidia${index}`,
    modelName: "NVIDIA H100 80GB HBM3",
    Hostname: "gpu-1",
    DCGM_FI_DRIVER_VERSION: "550.54.15",
    ...(pod === undefined ? {} : { container: "main", namespace: pod.namespace, pod: pod.name }),
  };
  const text = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return `DCGM_FI_DEV_GPU_UTIL{${text.join(",")}} ${percent}\n`;
};
const EXPOSITION = [
  "# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).\n# TYPE DCGM_FI_DEV_GPU_UTIL gauge\n",
  gpu(0, 90, { namespace: "team-a-web", name: "web-1" }),
  gpu(1, 70, { namespace: "team-a-web", name: "web-2" }),
  gpu(2, 5, { namespace: "strangers", name: "x" }),
  gpu(3, 0),
].join("");

async function exporter(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4" }).end(EXPOSITION);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe.runIf(prometheusIsThere())("GPU utilisation from a real Prometheus", () => {
  let source: Awaited<ReturnType<typeof exporter>>;
  let plain: Prometheus;
  let operated: Prometheus;
  beforeAll(async () => {
    source = await exporter();
    plain = await startPrometheus([source.port]);
    // As a ServiceMonitor makes it: the target's own namespace and pod push the exporter's labels aside.
    const labels = { namespace: "gpu-operator", pod: "nvidia-dcgm-exporter-abc12", service: "dcgm" };
    operated = await startPrometheus([{ port: source.port, labels }]);
  });
  afterAll(async () => {
    await Promise.all([plain, operated].map((each) => each?.stop()));
    source.server.closeAllConnections();
    source.server.close();
  });

  const ask = (url: string) =>
    askUtilization(
      { url, metric: "DCGM_FI_DEV_GPU_UTIL" },
      ["team-a-web", "idle-or-unknown", "gpu-operator"],
      { client: {} as KubeClient, signal: AbortSignal.timeout(10_000) },
    );

  test.each([
    ["where its labels are kept", () => plain],
    ["where its labels were pushed aside", () => operated],
  ])("is the mean over the GPUs of a namespace, and nothing of others, %s", async (_, server) => {
    const found = await eventually("scraped", async () => {
      const answer = await ask(server().url);
      return answer.size > 0 && answer;
    });
    expect(found.get("team-a-web")).toBe(80);
    expect(found.has("strangers")).toBe(false);
    expect(found.has("idle-or-unknown")).toBe(false);
  });

  test("names the pod that uses a GPU in the way this test claims", async () => {
    const samples = await operated.query('DCGM_FI_DEV_GPU_UTIL{exported_namespace="team-a-web"}');
    expect(samples.map(({ labels }) => labels.namespace)).toEqual(["gpu-operator", "gpu-operator"]);
  });
});
