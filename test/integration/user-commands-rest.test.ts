/** What people do with `flare` at the REST API of a hub: the program as it is shipped, against a hub that runs. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INTENTS, type KubeIntent } from "../../src/hub/intents/intent-view.ts";
import { PODS } from "../../src/hub/providers/connection.ts";
import { LOG_ANNOTATION } from "../../src/sandbox/pod-log.ts";
import { buildFlare, type Flare, type Run } from "../unit/cli/flare-program.ts";
import {
  type ApiCluster,
  MEMBER,
  READER,
  type RunningApi,
  settled,
  startApiCluster,
  until,
} from "./api-harness.ts";
import { addPodOf, makeAvailable } from "./intents-harness.ts";

let cluster: ApiCluster;
let api: RunningApi;
let flare: Flare;
let home: string;
let alice: string;
let carol: string;

beforeAll(async () => {
  flare = buildFlare();
  home = join(flare.file("here", ""), "..");
  cluster = await startApiCluster();
  await cluster.provider.addNode({ name: "h100" });
  await cluster.namespace("acme-dev", "acme");
  await cluster.namespace("acme-prod", "acme");
  await cluster.namespace("rival", "rival");
  alice = await cluster.person("alice", "acme-dev", MEMBER, ["acme-prod"]);
  carol = await cluster.person("carol", "rival", MEMBER, ["acme-dev"]);
  await cluster.person("reader", "acme-dev", READER);
  api = await cluster.start();
  await settled(async () =>
    expect((await api.ask("GET", "/resources", { token: alice })).body.available_gpus).toHaveLength(1),
  );
}, 120_000);
afterAll(async () => {
  flare?.remove();
  await cluster?.close();
});

/** As somebody who has only the environment. */
const asAlice = (args: readonly string[], input?: string, env: Record<string, string> = {}): Promise<Run> =>
  flare.run(args, input, { FLARE_SERVER: api.url, FLARE_TOKEN: alice, ...env });
const configOf = (config: string): string => join(home, config, "flare", "config.yaml");
/** As somebody who logged in, with contexts of their own. */
const loggedIn = (config: string, args: readonly string[], input?: string): Promise<Run> =>
  flare.run(args, input, { XDG_CONFIG_HOME: join(home, config) });
const RUN = ["run", "--image", "ghcr.io/acme/train:1"];

describe("flare login", () => {
  it("checks the token that it is given on standard input, and keeps it for its owner alone", async () => {
    const run = await loggedIn("one", ["login", api.url, "--name", "lab"], `${alice}\n`);
    expect(run.err).toBe("");
    expect(run.out).toContain(
      `logged in to ${api.url} as system:serviceaccount:acme-dev:alice; context lab is`,
    );
    expect(run.out).toContain("tenant acme, namespaces acme-dev, acme-prod, may intents:read");
    expect(run.code).toBe(0);
    expect(statSync(configOf("one")).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "one", "flare")).mode & 0o777).toBe(0o700);
    expect((await loggedIn("one", ["intents"])).err).toBe(`no Intents in ${api.url}\n`);
  });

  it.each([
    ["a token that nobody knows", "flr_nobody", 1, "INVALID_TOKEN"],
    ["no token", "", 2, "standard input is empty"],
    ["what is no token", "two words", 2, "standard input holds no token"],
  ])("keeps nothing of %s", async (_what, token, code, message) => {
    const run = await loggedIn("none", ["login", api.url], token);
    expect(run).toMatchObject({ code, err: expect.stringContaining(message) });
    expect(existsSync(configOf("none"))).toBe(false);
  });

  it("wants a tenant of those who belong to several", async () => {
    expect(await loggedIn("carol", ["login", api.url], carol)).toMatchObject({
      code: 2,
      err: expect.stringContaining("(acme, rival): choose one by --tenant"),
    });
    const chosen = await loggedIn("carol", ["login", api.url, "--tenant", "rival"], carol);
    expect(chosen).toMatchObject({ code: 0, out: expect.stringContaining("tenant rival") });
    expect(await loggedIn("carol", ["intents", "-o", "name"])).toMatchObject({ code: 0, err: "" });
  });

  it.each([
    ["flare.example.com", "write it as https://flare.example.com"],
    ["ftp://flare.example.com", "write it as https://flare.example.com"],
    ["https://me:pw@flare.example.com", "has no user and password"],
    ["https://flare.example.com/?token=x", "ends before ? and #"],
  ])("refuses the address %s", async (address, message) => {
    expect(await loggedIn("none", ["login", address], alice)).toMatchObject({
      code: 2,
      err: expect.stringContaining(message),
    });
  });

  it("says so where nothing listens, or something else does", async () => {
    const nothing = await loggedIn("none", ["login", "http://127.0.0.1:1"], alice);
    expect(nothing).toMatchObject({ code: 1, err: expect.stringContaining("nothing listens there") });
    const other = await loggedIn("none", ["login", `${api.url}/elsewhere`], alice);
    expect(other).toMatchObject({ code: 3, err: expect.stringContaining("NOT_FOUND") });
    expect(`${nothing.err}${other.err}`).not.toContain(alice);
  });
});

describe("contexts", () => {
  it("are listed without tokens, chosen and removed", async () => {
    await loggedIn("two", ["login", api.url, "--name", "a"], alice);
    await loggedIn("two", ["login", `${api.url}/api/v1/`, "--name", "b", "-n", "acme-prod"], alice);
    const list = await loggedIn("two", ["context", "list"]);
    expect(list.out.split("\n").map((line) => line.split(/ {2,}/).map((cell) => cell.trim()))).toEqual([
      ["", "NAME", "SERVER", "TENANT", "NAMESPACE"],
      ["a", api.url, "-", "-"].toSpliced(0, 0, "").map((cell) => cell),
      ["*", "b", api.url, "-", "acme-prod"],
      [""],
    ]);
    expect((await loggedIn("two", ["context", "list", "-o", "json"])).out).not.toContain(alice);
    expect((await loggedIn("two", ["context", "use", "a"])).code).toBe(0);
    expect(readFileSync(configOf("two"), "utf8")).toContain("currentContext: a");
    expect(await loggedIn("two", ["context", "use", "c"])).toMatchObject({
      code: 3,
      err: expect.stringContaining('there is no context "c"'),
    });
    expect((await loggedIn("two", ["intents", "--context", "b"])).err).toContain("namespace acme-prod at");
    expect((await loggedIn("two", ["context", "remove", "a"])).code).toBe(0);
    expect((await loggedIn("two", ["context", "list", "-o", "name"])).out).toBe("b\n");
    expect((await loggedIn("two", ["intents"])).err).toContain("no kubeconfig found");
  });

  it("are not used where others can read them, or where they make no sense", async () => {
    await loggedIn("open", ["login", api.url, "--name", "a"], alice);
    chmodSync(configOf("open"), 0o640);
    const open = await loggedIn("open", ["intents"]);
    expect(open).toMatchObject({ code: 2, err: expect.stringContaining("is open to others (mode 0640)") });
    mkdirSync(join(home, "bad", "flare"), { recursive: true });
    const text = "contexts:\n  - name: a\n    server: nowhere\n    tokn: x\n";
    writeFileSync(configOf("bad"), text, { mode: 0o600 });
    const bad = await loggedIn("bad", ["intents"]);
    expect(bad.code).toBe(2);
    expect(bad.err).toContain("contexts.0.server: an address such as https://flare.example.com");
    expect(bad.err).toContain('contexts.0: there is no setting "tokn"');
    expect((await loggedIn("bad", ["login", api.url], alice)).code).toBe(2);
    expect(readFileSync(configOf("bad"), "utf8")).toBe(text);
    // Who names a hub by flags does without them.
    expect(
      (await loggedIn("bad", ["intents", "--server", api.url, "--token-file", flare.file("t", alice)])).code,
    ).toBe(0);
  });
});

describe("which hub is used", () => {
  it.each([
    [["--server", "http://127.0.0.1:1", "--kubeconfig", "x"], "leave out one"],
    [["--server", "http://127.0.0.1:1", "--context", "x"], "leave out one"],
    [["--server", "http://127.0.0.1:1"], "cannot talk to http://127.0.0.1:1"],
    [["--kubeconfig", "/nowhere"], "kubeconfig /nowhere"],
    [["--context", "none-such"], "no kubeconfig found"],
  ])("%j wins over the environment", async (flags, message) => {
    expect((await asAlice(["intents", ...flags])).err).toContain(message);
  });

  it("is that of the environment before that of the current context", async () => {
    await loggedIn("three", ["login", api.url], alice);
    const env = { XDG_CONFIG_HOME: join(home, "three"), FLARE_SERVER: "http://127.0.0.1:1" };
    expect((await flare.run(["intents"], "", env)).err).toContain("there is no token for http://127.0.0.1:1");
    expect((await flare.run(["intents"], "", { ...env, FLARE_SERVER: api.url })).code).toBe(0);
    expect(
      (await flare.run(["intents"], "", { ...env, FLARE_SERVER: "", FLARE_CONTEXT: "x" })).err,
    ).toContain("no kubeconfig found");
  });
});

describe("an Intent", () => {
  it("is tried, submitted, shown, followed and cancelled", async () => {
    expect((await asAlice(["gpus"])).out).toMatch(
      /^MODEL .* NODES .*\nnvidia-h100 .* 8 +8 +10 USD +alpha +1 /,
    );
    const asked = ["--name", "train", "--gpu", "h100:2", "--in", "EU"];
    const dry = await asAlice([...RUN, ...asked.slice(0, 4), "--dry-run"]);
    expect(dry.err).toBe("");
    expect(dry.out).toMatch(
      /^train: would be placed now; nothing was done\nWhy: 2x nvidia-h100 on h100 of alpha/,
    );
    expect(dry.out).toContain("Cost: 17.20 EUR/hour");
    const run = await asAlice([...RUN, "--name", "train", "--gpu", "h100:2"]);
    expect(run).toEqual({
      code: 0,
      err: "",
      out: "train submitted; flare status train -n acme-dev --watch follows it\n",
    });
    const following = asAlice(["status", "train", "--watch"]);
    await until(async () => (await asAlice(["status", "train", "-o", "json"])).out).toContain(
      '"Provisioning"',
    );
    expect((await asAlice(["intents"])).out).toMatch(
      /^NAME +PHASE .*\ntrain +Provisioning +nvidia-h100 +2 +alpha/,
    );
    expect((await asAlice(["intents", "-n", "acme-prod"])).err).toContain(
      "no Intents in namespace acme-prod",
    );
    expect((await asAlice(["intents", "-A", "-o", "name"])).out).toBe("acme-dev/train\n");
    const { uid = "" } = (await kubeIntent("train")).metadata ?? {};
    expect((await asAlice(["status", uid])).out).toMatch(/^Intent: +acme-dev\/train\nPhase: +Provisioning/);
    expect(await asAlice([...RUN, "--name", "train"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("there is an Intent acme-dev/train already"),
    });
    expect((await asAlice(["cancel", "train"])).out).toBe("train cancelled\n");
    const end = await following;
    expect(end.out).toMatch(/\[Provisioning\].*it was deleted\n$/s);
    expect(end.code).toBe(1);
    expect(await asAlice(["status", "train"])).toMatchObject({
      code: 3,
      err: expect.stringContaining('there is no Intent "train"'),
    });
  });

  it("that has no place is refused with what would do, tried or not", async () => {
    const wish = [...RUN, "--name", "big", "--gpu", "h100:1", "--max-hourly", "5EUR"];
    for (const flags of [[], ["--dry-run"]]) {
      const run = await asAlice([...wish, ...flags]);
      expect(run.code).toBe(4);
      expect(run.out + run.err).toContain("It would fit with:");
      expect(run.out + run.err).toContain("EUR an hour instead of 5.00 EUR");
    }
    expect((await asAlice(["intents"])).err).toContain("no Intents");
  });

  it("of a file is submitted with the others of it, into the namespace that it names", async () => {
    const one = (name: string): string =>
      `{apiVersion: flare.clastix.io/v1alpha1, kind: Intent, metadata: {name: ${name}, namespace: acme-prod},
        spec: {workload: {type: Batch, name: w, image: busybox, resources: {gpu: {count: 1}}}, objective: CostMinimization}}\n`;
    const run = await asAlice(["submit", "-f", "-"], `${one("first")}---\n${one("second")}`);
    expect(run).toMatchObject({ code: 0, out: "first submitted\nsecond submitted\n" });
    expect((await asAlice(["cancel", "first", "second", "-n", "acme-prod"])).code).toBe(0);
  });
});

const kubeIntent = (name: string): Promise<KubeIntent> =>
  cluster.hub.client.get<KubeIntent>(INTENTS, { namespace: "acme-dev", name });

describe.runIf(process.env.FLARE_TEST_API !== "real")("flare logs", () => {
  let namespace = "";
  const writes = (text: string, status: object = { phase: "Running" }) =>
    cluster.provider.client
      .patch(PODS, { namespace, name: "pod-1" }, { metadata: { annotations: { [LOG_ANNOTATION]: text } } })
      .then(() =>
        cluster.provider.client.patch(PODS, { namespace, name: "pod-1", subresource: "status" }, { status }),
      );

  it("says so where nothing runs yet", async () => {
    await asAlice([...RUN, "--name", "logged"]);
    await until(async () => (await kubeIntent("logged")).status?.phase).toBe("Provisioning");
    const run = await asAlice(["logs", "logged"]);
    expect(run).toMatchObject({ code: 1, err: expect.stringContaining("nothing of it has started yet") });
    namespace = (await kubeIntent("logged")).status?.placement?.namespace ?? "";
    await addPodOf(cluster.provider, namespace, { phase: "Pending" });
    expect((await asAlice(["logs", "logged"])).err).toContain("the container has not started yet");
  });

  it("prints what was written, the last lines of it, and of no other task", async () => {
    await writes("one\ntwo\nthree\n");
    expect(await asAlice(["logs", "logged"])).toEqual({ code: 0, out: "one\ntwo\nthree\n", err: "" });
    expect((await asAlice(["logs", "logged", "--tail", "1"])).out).toBe("three\n");
    expect((await asAlice(["logs", "logged", "--task", "0", "--tail", "2"])).out).toBe("two\nthree\n");
    expect((await asAlice(["logs", "logged", "--task", "7"])).err).toContain(
      "no pod runs task 7; there are 0",
    );
    expect(await asAlice(["logs", "logged", "--tail", "-1"])).toMatchObject({ code: 2 });
    expect(await asAlice(["logs", "nobody"])).toMatchObject({ code: 3 });
  });

  it("follows until the pod has ended", async () => {
    const following = asAlice(["logs", "logged", "-f", "--tail", "1"]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await writes("one\ntwo\nthree\nfour\n");
    await writes("one\ntwo\nthree\nfour\nfive\n", { phase: "Succeeded" });
    expect(await following).toEqual({ code: 0, out: "three\nfour\nfive\n", err: "" });
  });

  it("ends at the provider when its reader leaves, and is another tenant's never", async () => {
    const limits = { streamsPerTenant: 1 };
    const few = await cluster.start({ identity: "hub-2", controllers: false, api: { limits } });
    const { uid = "" } = (await kubeIntent("logged")).metadata ?? {};
    const other = await api.ask("GET", `/intents/${uid}/logs`, {
      token: carol,
      headers: { "X-Flare-Tenant": "rival" },
    });
    expect(other).toMatchObject({ status: 404, body: { error_code: "NOT_FOUND" } });
    await writes("six\n");
    const leaving = new AbortController();
    const headers = { Authorization: `Bearer ${alice}` };
    const follow = (): Promise<Response> =>
      fetch(`${few.url}/intents/${uid}/logs?follow=true`, { headers, signal: leaving.signal });
    await until(async () => (await few.ask("GET", `/intents/${uid}`, { token: alice })).status).toBe(200);
    const first = await follow();
    expect(first.status).toBe(200);
    const second = await few.ask("GET", `/intents/${uid}/events`, { token: alice });
    expect(second).toMatchObject({ status: 429, body: { error_code: "RATE_LIMITED" } });
    leaving.abort();
    await until(async () => (await few.ask("GET", `/intents/${uid}/logs`, { token: alice })).status).toBe(
      200,
    );
    await few.stop();
    await makeAvailable(cluster.provider, namespace).catch(() => undefined);
    expect((await asAlice(["cancel", "logged"])).code).toBe(0);
  });
});

describe("flare token", () => {
  it("makes tokens that are printed alone, lists them without what they are, and revokes them", async () => {
    const made = await asAlice([
      "token",
      "create",
      "ci",
      "--expires-in",
      "30d",
      "--permission",
      "intents:read",
    ]);
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^flr_[\w-]{43}\n$/);
    expect(made.err).toContain("may intents:read");
    const token = made.out.trim();
    expect((await flare.run(["intents", "--server", api.url], "", { FLARE_TOKEN: token })).code).toBe(0);
    const list = await asAlice(["token", "list"]);
    expect(list.out).toMatch(/^ID +NAME +STATUS .*\n\S+ +ci +active /);
    expect(list.out).not.toContain(token);
    const [{ token_id }] = JSON.parse((await asAlice(["token", "list", "-o", "json"])).out);
    expect((await asAlice(["token", "revoke", token_id])).out).toBe(`${token_id} revoked\n`);
    const revoked = await flare.run(["intents", "--server", api.url], "", { FLARE_TOKEN: token });
    expect(revoked).toMatchObject({ code: 1, err: expect.stringContaining("TOKEN_REVOKED") });
    expect((await asAlice(["token", "revoke", "nobody"])).code).toBe(3);
    expect(await asAlice(["token", "create", "ci", "--permission", "admin:*"])).toMatchObject({ code: 1 });
    expect(await asAlice(["token", "create", "ci", "--expires-in", "soon"])).toMatchObject({ code: 2 });
  });
});
