import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { eventually } from "../support/processes.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

describe("the control plane of the tests", () => {
  let plane: ControlPlane;
  let admin: KubeClient;
  beforeAll(async () => {
    plane = await startControlPlane({ users: { nobody: [] }, audit: true });
    admin = kubeClientFrom(plane.kubeconfig);
  });
  afterAll(async () => {
    admin.close();
    await plane.stop();
  });

  test("authorizes: the admin creates a namespace, a user without a role may not list nodes", async () => {
    await admin.create("/api/v1/namespaces", { metadata: { name: "one" } });
    const nobody = kubeClientFrom(plane.kubeconfigFor("nobody"));
    expect((await nobody.get("/api/v1/nodes")).status).toBe(403);
    nobody.close();
  });

  test("runs controllers: a namespace gets its default service account", async () => {
    await eventually(
      "service account",
      async () => (await admin.get("/api/v1/namespaces/one/serviceaccounts/default")).status === 200,
    );
  });

  test("writes an audit log that tells writes from reads", async () => {
    const log = await plane.auditLog();
    expect(log.some((event) => event.verb === "create" && event.requestURI === "/api/v1/namespaces")).toBe(
      true,
    );
  });

  test("keeps port and data when the API server is killed and started again", async () => {
    await plane.killApiServer();
    await expect(admin.get("/readyz")).rejects.toThrow();
    await plane.startApiServer();
    expect((await admin.get("/api/v1/namespaces/one")).status).toBe(200);
  });

  test("is reached through a proxy that can cut and freeze", async () => {
    const proxy = await startTcpProxy(plane.port);
    const client = kubeClientFrom(plane.kubeconfigFor("nobody", proxy.url));
    expect((await client.get("/version")).status).toBe(200);
    proxy.freeze();
    const held = client.get("/version");
    const first = await Promise.race([
      held.then(() => "answered"),
      new Promise((resolve) => setTimeout(resolve, 300, "silent")),
    ]);
    expect(first).toBe("silent");
    proxy.resume();
    expect((await held).status).toBe(200);
    client.close();
    await proxy.close();
  });
});
