/** What people do with `flare` on the cluster of a hub: run, submit, intents, status, cancel, gpus. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFlavor } from "../../src/fluidos/build-flavor.ts";
import { INTENTS, type KubeIntent } from "../../src/hub/intents/intent-view.ts";
import type { IntentStatus } from "../../src/intent/status-schema.ts";
import type { KubeObject, Resource } from "../../src/kubernetes/objects.ts";
import { buildFlare, type Flare, type Run } from "../unit/cli/flare-program.ts";
import { h100Node } from "../unit/fluidos/h100-node.ts";
import { applyCrds, createNamespace, startCluster, type TestCluster } from "./hub-cluster.ts";
import { until } from "./hub-harness.ts";

const FLAVORS: Resource = {
  group: "nodecore.fluidos.eu",
  version: "v1alpha1",
  plural: "flavors",
  namespaced: true,
};

let hub: TestCluster;
let empty: TestCluster;
let flare: Flare;
let kubeconfig: string;

beforeAll(async () => {
  flare = buildFlare();
  [hub, empty] = await Promise.all([startCluster(), startCluster()]);
  for (const folder of ["manifests/crds", "manifests/crds/fluidos"]) await applyCrds(hub.client, folder);
  for (const name of ["team-a", "fluidos"]) await createNamespace(hub.client, name);
  kubeconfig = flare.file("hub.yaml", hub.kubeconfig);
});
afterAll(async () => {
  flare?.remove();
  await Promise.all([hub?.close(), empty?.close()]);
});

const onHub = (
  [command = "", ...args]: readonly string[],
  input?: string,
  said?: (out: string) => void,
): Promise<Run> => flare.run([command, "--kubeconfig", kubeconfig, ...args], input, {}, said);
const intent = (name: string): Promise<KubeIntent> =>
  hub.client.get<KubeIntent>(INTENTS, { namespace: "team-a", name });
/** What the hub would write. */
const told = async (name: string, status: Partial<IntentStatus>): Promise<void> => {
  const target = { namespace: "team-a", name, subresource: "status" };
  await hub.client.patch(INTENTS, target, { status: { observedGeneration: 1, ...status } });
};

const RUN = ["run", "--image", "ghcr.io/acme/train:1", "-n", "team-a"];

describe("flare run", () => {
  it("submits what the flags say, under the name that was given", async () => {
    const args = ["--name", "train", "--gpu", "h100:2", "--in", "EU", "--max-hourly", "10EUR"];
    const run = await onHub([...RUN, ...args, "--", "torchrun", "train.py"]);
    expect(run).toMatchObject({
      code: 0,
      out: "train submitted; flare status train -n team-a --watch follows it\n",
    });
    expect((await intent("train")).spec).toMatchObject({
      workload: {
        type: "Batch",
        commands: ["torchrun", "train.py"],
        resources: { gpu: { model: "h100", count: 2 } },
      },
      constraints: { location: "EU", maxHourlyCost: "10 EUR" },
    });
    const again = await onHub([...RUN, "--name", "train"]);
    expect(again.code).toBe(1);
    expect(again.err).toContain("there is an Intent team-a/train already");
  });

  it("makes up a name from the image", async () => {
    const { out } = await onHub(RUN);
    const [name = ""] = out.split(" ");
    expect(name).toMatch(/^train-[0-9a-f]{5}$/);
    expect((await intent(name)).spec).toMatchObject({ workload: { name } });
    expect((await onHub(["cancel", name, "-n", "team-a"])).out).toBe(`${name} cancelled\n`);
  });

  it("prints the Intent with --print-intent, which submit takes", async () => {
    const printed = await flare.run([...RUN, "--name", "kept", "--gpu", "l40s", "--print-intent"]);
    expect(printed.code).toBe(0);
    const submitted = await onHub(["submit", "-f", "-", "-n", "team-a"], printed.out);
    expect(submitted).toMatchObject({ code: 0, out: "kept submitted\n" });
    await onHub(["cancel", "kept", "-n", "team-a"]);
  });

  it.each([
    [["--gpu", "h100:"], "Write it as MODEL:COUNT"],
    [["--gpu", "0"], "workload.resources.gpu.count"],
    [["--tasks", "many", "--max-hourly", "cheap"], "constraints.max_hourly_cost"],
    [["--name", "Not_a_name"], "workload.name"],
    [["--deadline", "tomorrow"], "constraints.deadline"],
    [["--port", "99999"], "workload.ports[0].port"],
  ])("refuses %j before anything is submitted", async (args, message) => {
    const run = await onHub([...RUN, ...args]);
    expect(run.code).toBe(2);
    expect(run.err).toContain(message);
  });
});

describe("flare submit", () => {
  const one = (name: string, gpu = "{model: h100}"): string => `
apiVersion: flare.clastix.io/v1alpha1
kind: Intent
metadata: {name: ${name}, namespace: team-a}
spec:
  objective: CostMinimization
  workload: {type: Batch, name: ${name}, image: ghcr.io/acme/train:1, resources: {gpu: ${gpu}}}
`;

  it("submits all Intents of a file, or none of them", async () => {
    const bad = await onHub(["submit", "-f", "-"], `${one("good")}---${one("bad", "{count: -1}")}`);
    expect(bad.code).toBe(2);
    expect(bad.err).toContain("nothing was submitted");
    expect(bad.err).toContain("spec.workload.resources.gpu.count");
    await expect(intent("good")).rejects.toMatchObject({ code: "not-found" });
    expect((await onHub(["submit", "-f", "-"], `${one("good")}---${one("better")}`)).out).toBe(
      "good submitted\nbetter submitted\n",
    );
    expect((await onHub(["cancel", "good", "better", "-n", "team-a"])).code).toBe(0);
  });

  it("takes the REST API's form, into the namespace of the command", async () => {
    const workload = { type: "batch", name: "rest", image: "busybox", resources: { gpu: { count: 1 } } };
    const body = JSON.stringify({ intent: { objective: "Cost_Minimization", workload } });
    expect((await onHub(["submit", "-f", "-", "-n", "team-a"], body)).out).toBe("rest submitted\n");
    await onHub(["cancel", "rest", "-n", "team-a"]);
  });

  it("refuses a namespace that contradicts the file's", async () => {
    const run = await onHub(["submit", "-f", "-", "-n", "default"], one("here"));
    expect(run.code).toBe(2);
    expect(run.err).toContain("is of namespace team-a, but --namespace says default");
  });
});

describe("flare intents, status and cancel", () => {
  it("tell what the hub wrote", async () => {
    await told("train", { phase: "Queued", message: "number 1 in the queue: no offer fits" });
    const list = await onHub(["intents", "-n", "team-a"]);
    expect(list.out).toMatch(/^NAME +PHASE .*\ntrain +Queued .*number 1 in the queue: no offer fits\n$/s);
    expect((await onHub(["intents", "-A", "-o", "name"])).out).toBe("team-a/train\n");
    expect(JSON.parse((await onHub(["intents", "-n", "team-a", "-o", "json"])).out)).toHaveLength(1);
    expect((await onHub(["status", "train", "-n", "team-a"])).out).toContain("Intent:   team-a/train");
    const none = await onHub(["intents", "-n", "default"]);
    expect(none).toMatchObject({ code: 0, out: "", err: "no Intents in namespace default\n" });
  });

  it("follow an Intent to its end, and tell by the exit code how it ended", async () => {
    const following = onHub(["status", "train", "-n", "team-a", "--watch"]);
    await told("train", { phase: "Provisioning", message: "pulls the image" });
    await until(async () => (await intent("train")).status?.phase).toBe("Provisioning");
    await told("train", { phase: "Running", message: "1 of 1 tasks run" });
    await told("train", { phase: "Completed", message: "done" });
    const run = await following;
    expect(run.code).toBe(0);
    expect(run.out.trimEnd().split("\n").at(-1)).toBe("[Completed]  done");
    await told("train", { phase: "Failed", message: "OOMKilled" });
    expect(await onHub(["status", "train", "-n", "team-a", "--watch"])).toMatchObject({
      code: 1,
      out: "[Failed]  OOMKilled\n",
    });
  });

  it("say that an Intent was deleted while it was followed", async () => {
    await onHub([...RUN, "--name", "short-lived"]);
    await told("short-lived", { phase: "Pending", message: "waits" });
    let out = "";
    const following = onHub(["status", "short-lived", "-n", "team-a", "-w"], "", (said) => {
      out = said;
    });
    await until(() => out).toContain("waits");
    await hub.client.delete(INTENTS, { namespace: "team-a", name: "short-lived" });
    expect(await following).toMatchObject({ code: 1, out: expect.stringContaining("it was deleted\n") });
  });

  it("know no Intent that there is not, and cancel those there are all the same", async () => {
    expect(await onHub(["status", "nobody", "-n", "team-a"])).toMatchObject({
      code: 3,
      err: expect.stringContaining('"nobody"'),
    });
    expect((await onHub(["cancel", "nobody", "-n", "team-a"])).code).toBe(3);
    const run = await onHub(["cancel", "nobody", "train", "no-one", "-n", "team-a"]);
    expect(run).toMatchObject({ code: 1, out: "train cancelled\n" });
    expect(run.err).toContain('"nobody"');
    expect(run.err).toContain('"no-one"');
  });
});

describe("flare gpus", () => {
  const values = { ...h100Node.values, "gpu.fluidos.eu/sharing-strategy": "none" } as const;
  const flavor = (name: string, additional: Record<string, string>): KubeObject =>
    buildFlavor({ ...h100Node, values, name, namespace: "fluidos", additional }) as unknown as KubeObject;

  it("lists the pool, the cheapest of a model first, with the price of one GPU", async () => {
    await hub.client.create(
      FLAVORS,
      flavor("hgx", { provider: "lab", node: "hgx-1", total: "4", free: "1", variant: "sxm5-80gb" }),
    );
    await hub.client.create(FLAVORS, flavor("other", {}));
    const { code, out } = await onHub(["gpus"]);
    expect(code).toBe(0);
    expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["MODEL", "VARIANT", "MEMORY", "FREE", "TOTAL", "RATE/GPU/H", "PROVIDER", "NODE", "REGION", "TIER"],
      [
        "nvidia-h100",
        "-",
        "80Gi",
        "4",
        "4",
        "1.125 EUR",
        "cloud-provider-1",
        "other",
        "eu-west-1",
        "premium",
      ],
      ["nvidia-h100", "sxm5-80gb", "80Gi", "1", "4", "1.125 EUR", "lab", "hgx-1", "eu-west-1", "premium"],
      [""],
    ]);
    const rows = JSON.parse((await onHub(["gpus", "--provider", "lab", "-o", "json"])).out);
    expect(rows).toMatchObject([{ provider: "lab", free: 1, total: 4 }]);
    expect(await onHub(["gpus", "--model", "b200"])).toMatchObject({ code: 0, out: "", err: "no GPUs\n" });
  });

  it("finds places by region, country and group", async () => {
    const names = async (place: string): Promise<readonly string[]> =>
      JSON.parse((await onHub(["gpus", "--in", place, "-o", "json"])).out).map(
        ({ node }: { node: string }) => node,
      );
    expect(await names("EU")).toEqual(["other", "hgx-1"]);
    expect(await names("eu-west-1")).toEqual(["other", "hgx-1"]);
    expect(await names("us")).toEqual([]);
  });

  it("is what a dry run decides on, with its reasons, and nothing is submitted", async () => {
    const run = await onHub([...RUN, "--name", "tried", "--gpu", "h100:2", "--dry-run"]);
    expect(run.err).toBe("");
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^tried: would be placed now; nothing was done\nWhy: 2x nvidia-h100 on other /);
    expect(run.out).toContain("Offers: 2 considered, 1 fit\nRejected, by the first reason:\n  REASON");
    await expect(intent("tried")).rejects.toMatchObject({ code: "not-found" });
    const refused = await onHub([
      ...RUN,
      "--gpu",
      "h100:1",
      "--max-hourly",
      "1EUR",
      "--dry-run",
      "-o",
      "json",
    ]);
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.out)).toMatchObject([
      {
        outcome: "refused",
        considered: 2,
        suggestions: [{ alternative: expect.stringContaining("up to 1.13 EUR") }],
      },
    ]);
  });

  it("says so where there is no hub", async () => {
    const other = flare.file("empty.yaml", empty.kubeconfig);
    const run = await flare.run(["gpus", "--kubeconfig", other]);
    expect(run.code).toBe(3);
    expect(run.err).toContain("this cluster has no Flavors");
    expect((await flare.run(["intents", "--kubeconfig", other])).code).toBe(3);
  });

  it("says where logs and tokens are that a kubeconfig does not lead to", async () => {
    await onHub([...RUN, "--name", "logged"]);
    expect(await onHub(["logs", "logged", "-n", "team-a"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("logged runs nowhere now"),
    });
    const placement = { provider: "lab", namespace: "team-a-logged", gpus: 1, tasks: [] };
    await told("logged", { phase: "Running", placement });
    const run = await onHub(["logs", "logged", "-n", "team-a"]);
    expect(run.code).toBe(1);
    expect(run.err).toContain("with provider lab");
    expect(run.err).toContain("flare login SERVER");
    expect(run.err).toContain("kubectl -n team-a-logged logs");
    await onHub(["cancel", "logged", "-n", "team-a"]);
    const tokens = await flare.run(["token", "list", "--kubeconfig", kubeconfig]);
    expect(tokens).toMatchObject({
      code: 2,
      err: expect.stringContaining("tokens are those of the REST API"),
    });
  });

  it("needs a kubeconfig, and says which it looked for", async () => {
    const run = await flare.run(["gpus"]);
    expect(run.code).toBe(2);
    expect(run.err).toContain("no kubeconfig found");
  });
});
