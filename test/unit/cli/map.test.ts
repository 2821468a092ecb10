import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { buildFlare, type Flare } from "./flare-program.ts";

const H100 = {
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: "gpu-1",
    labels: {
      "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
      "nvidia.com/gpu.count": "8",
      "nvidia.com/gpu.memory": "81559",
      "topology.kubernetes.io/region": "us-east-1",
      "node.kubernetes.io/instance-type": "p5.48xlarge",
    },
  },
  spec: { providerID: "aws:///us-east-1a/i-1" },
  status: { allocatable: { "nvidia.com/gpu": "8", cpu: "192" } },
};
const CPU = { apiVersion: "v1", kind: "Node", metadata: { name: "cpu-1" } };

interface Mapped {
  readonly name: string;
  readonly annotations: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly problems: readonly { readonly code: string }[];
}

let flare: Flare;
beforeAll(() => {
  flare = buildFlare();
}, 60_000);
afterAll(() => flare.remove());

const mapJson = async (input: string): Promise<Mapped[]> => {
  const { code, out, err } = await flare.run(["map", "-f", "-", "--output", "json"], input);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as Mapped[];
};

describe("flare map reads what kubectl prints", () => {
  const yaml = (node: object): string => JSON.stringify(node);
  const forms: readonly (readonly [string, string, readonly string[]])[] = [
    ["a Node as JSON", JSON.stringify(H100), ["gpu-1"]],
    ["a List as JSON", JSON.stringify({ kind: "List", items: [CPU, H100] }), ["cpu-1", "gpu-1"]],
    ["a NodeList", JSON.stringify({ kind: "NodeList", items: [H100, CPU] }), ["gpu-1", "cpu-1"]],
    ["many YAML documents", `---\n${yaml(CPU)}\n---\n${yaml(H100)}\n---\n`, ["cpu-1", "gpu-1"]],
    [
      "several JSON documents in a row",
      `${JSON.stringify(H100)}\n---\n${JSON.stringify(CPU)}`,
      ["gpu-1", "cpu-1"],
    ],
    ["a Node in block style", "kind: Node\nmetadata:\n  name: gpu-9\n  labels:\n", ["gpu-9"]],
    [
      "labels that YAML reads as numbers",
      "kind: Node\nmetadata: {name: a, labels: {nvidia.com/gpu.count: 8}}\n",
      ["a"],
    ],
  ];
  it.each(forms)("%s, in input order", async (_form, text, names) => {
    expect((await mapJson(text)).map(({ name }) => name)).toEqual(names);
  });

  it("gives name, annotations, labels and problems of each Node", async () => {
    const [gpu, cpu] = await mapJson(JSON.stringify({ kind: "List", items: [H100, CPU] }));
    expect(gpu?.labels).toEqual({ "node.fluidos.eu/gpu": "true" });
    expect(gpu?.annotations).toMatchObject({
      "gpu.fluidos.eu/model": "nvidia-h100",
      "gpu.fluidos.eu/variant": "sxm5-80gb",
      "gpu.fluidos.eu/memory-per-gpu": "80Gi",
      "gpu.fluidos.eu/memory": "80Gi",
      "cost.fluidos.eu/hourly-rate": "55.04",
    });
    expect(cpu).toEqual({ name: "cpu-1", annotations: {}, labels: {}, problems: [] });
  });

  it("leaves the other spellings out with --no-aliases", async () => {
    const { out } = await flare.run(["map", "-f", "-", "-o", "json", "--no-aliases"], JSON.stringify(H100));
    const [mapped] = JSON.parse(out) as Mapped[];
    expect(mapped?.annotations).not.toHaveProperty(["gpu.fluidos.eu/memory"]);
    expect(mapped?.annotations).toHaveProperty(["gpu.fluidos.eu/memory-per-gpu"], "80Gi");
  });
});

describe("flare map prints for people and for machines", () => {
  it("a table, with problems on standard error", async () => {
    const odd = { ...H100, metadata: { name: "odd", labels: { "nvidia.com/gpu.product": "NVIDIA-Z999" } } };
    const { code, out, err } = await flare.run(
      ["map", "-f", "-"],
      JSON.stringify({ kind: "List", items: [H100, odd] }),
    );
    expect(code).toBe(0);
    expect(out.split("\n")[0]).toMatch(/^NODE +MODEL +VARIANT +GPUS/);
    expect(out).toMatch(/^gpu-1 +nvidia-h100 +sxm5-80gb +8 +80Gi/m);
    expect(err).toContain('warning: unknown-product: node odd: the catalogue does not know "NVIDIA-Z999"');
  });

  it("each value with its rule, line and facts under --explain", async () => {
    const { out } = await flare.run(["map", "-f", "-", "--explain"], JSON.stringify(H100));
    const model = out.slice(out.indexOf("gpu.fluidos.eu/model "));
    expect(model.split("\n").slice(0, 4).join("\n")).toMatch(
      /nvidia-h100 +.*mappings\/node.yaml:\d+\)\n +from device rule nvidia-gpu \(mappings\/nvidia.yaml:\d+\)\n +from label nvidia.com\/gpu.product=NVIDIA-H100-80GB-HBM3\n +from catalogue nvidia-h100\/sxm5-80gb \(mappings\/catalogue-nvidia.yaml:\d+\)/,
    );
  });

  it("kubectl commands that a shell can run as they stand", async () => {
    const { out } = await flare.run(["map", "-f", "-", "--output", "annotate"], JSON.stringify(H100));
    const echoed = spawnSync("sh", ["-c", out.replaceAll("kubectl ", "printf '%s\\n' ")], {
      encoding: "utf8",
    });
    expect(echoed.status).toBe(0);
    expect(echoed.stdout.split("\n")).toContain("gpu.fluidos.eu/model=nvidia-h100");
    expect(echoed.stdout.split("\n")).toContain("node.fluidos.eu/gpu=true");
  });

  it("the object to apply, and names", async () => {
    const patch = await flare.run(
      ["map", "-f", "-", "--output", "patch"],
      JSON.stringify({ items: [CPU, H100] }),
    );
    const [applied, ...others] = parseAllDocuments(patch.out).map(
      (document) => document.toJS() as typeof H100,
    );
    expect(others).toEqual([]);
    expect(applied).toMatchObject({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "gpu-1", labels: { "node.fluidos.eu/gpu": "true" } },
    });
    const names = await flare.run(
      ["map", "-f", "-", "--output", "name"],
      JSON.stringify({ items: [CPU, H100] }),
    );
    expect(names.out).toBe("node/gpu-1\n");
  });
});

describe("flare map refuses what it cannot read, and says where and why", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["another kind", "kind: Pod\nmetadata: {name: x}\n", /standard input:1: expected a Node, found Pod/],
    [
      "another kind in a List",
      JSON.stringify({ kind: "List", items: [CPU, { kind: "Pod" }] }),
      /items\[1\]: expected a Node, found Pod/,
    ],
    ["broken YAML", "kind: Node\nmetadata:\n  name: [a\n", /standard input:\d+:\d+: /],
    ["broken JSON", '{"kind": "Node", "metadata": {"name": ', /standard input is no valid JSON/],
    ["a Node without a name", "kind: Node\nmetadata: {}\n", /not a Node: metadata.name/],
    [
      "labels that are a list",
      "kind: Node\nmetadata: {name: a, labels: [b]}\n",
      /not a Node: metadata.labels/,
    ],
    [
      "a label that is neither text nor number",
      "kind: Node\nmetadata: {name: a, labels: {b: [1, 2]}}\n",
      /not a Node: metadata.labels.b: expected text/,
    ],
    ["a scalar", "just text\n", /expected a Node or a List of Nodes/],
    ["nothing", "", /holds no Node/],
  ];
  it.each(cases)("%s", async (_what, text, message) => {
    const { code, out, err } = await flare.run(["map", "-f", "-"], text);
    expect(err).toMatch(message);
    expect(out).toBe("");
    expect(code).toBe(2);
  });

  it("a file that is not there", async () => {
    const { code, err } = await flare.run(["map", "-f", "/nowhere/nodes.yaml"]);
    expect(err).toBe("flare: cannot read /nowhere/nodes.yaml: it does not exist\n");
    expect(code).toBe(2);
  });

  it("a folder", async () => {
    const { code, err } = await flare.run(["map", "-f", "/"]);
    expect(err).toBe("flare: cannot read /: it is a folder\n");
    expect(code).toBe(2);
  });

  it("a Node that the file does not hold", async () => {
    const { code, err } = await flare.run(["map", "gpu-7", "-f", "-"], JSON.stringify(H100));
    expect(err).toContain("holds no Node gpu-7");
    expect(code).toBe(3);
  });

  it("a server that is not there, by a kubeconfig that names a token file", async () => {
    const token = flare.file("token", "secret");
    const kubeconfig = flare.file(
      "kubeconfig",
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1" } }],
        users: [{ name: "u", user: { tokenFile: token } }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      }),
    );
    const { code, err } = await flare.run(["map", "--kubeconfig", kubeconfig]);
    expect(err).toContain("cannot talk to http://127.0.0.1:1");
    expect(err).not.toContain("secret");
    expect(code).toBe(1);
  });

  it("a cluster without a kubeconfig", async () => {
    const { code, err } = await flare.run(["map", "--kubeconfig", "/nowhere/kubeconfig"]);
    expect(err).toContain("/nowhere/kubeconfig");
    expect(code).toBe(2);
  });
});
