import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type KubeObject, resourcePath } from "../../src/kubernetes/objects.ts";
import { ownedSelector } from "../../src/workload/identity.ts";
import { WORKLOAD_RESOURCES } from "../../src/workload/resources.ts";
import { workloadObjects } from "../../src/workload/workload-objects.ts";
import { startApi, type TestApi } from "../support/api.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { anyInput } from "../unit/workload/any-input.ts";
import { EXAMPLES } from "../unit/workload/examples.ts";

/** Not served by every API server that the tests run on: autoscaling/v2 is younger than Kubernetes 1.20. */
const MAY_BE_MISSING = ["HorizontalPodAutoscaler", "LimitRange"];

const exampleOf = (name: string) => {
  const input = EXAMPLES[name];
  if (input === undefined) throw new Error(`no example ${name}`);
  return input;
};

describe("the objects of the example Intents", () => {
  let api: TestApi;
  let admin: KubeClient;
  beforeAll(async () => {
    api = await startApi();
    admin = kubeClientFrom(api.kubeconfig);
  });
  afterAll(async () => {
    admin.close();
    await api.stop();
  });

  const pathOf = ({ kind = "", metadata }: KubeObject, isCollection = false): string => {
    const resource = WORKLOAD_RESOURCES[kind];
    if (resource === undefined) throw new Error(`no resource of kind ${kind}`);
    return resourcePath(resource, {
      namespace: metadata?.namespace,
      ...(isCollection ? {} : { name: metadata?.name }),
    });
  };
  const isServed = async (object: KubeObject): Promise<boolean> =>
    (await admin.get(`${pathOf(object, true)}?limit=1`)).status === 200;

  /**
   * Server-side apply; but Jobs are made on a real server, which may be older than their newest fields: it drops them
   * then, as it does for every client that makes an object, where apply would refuse them.
   */
  const submit = (object: KubeObject) =>
    api.kind === "real" && object.kind === "Job"
      ? admin.request("POST", pathOf(object, true), object)
      : admin.patch(`${pathOf(object)}?fieldManager=flare-hub&force=true`, "apply", object);

  test.each(Object.keys(EXAMPLES))("%s is accepted whole and in its order", async (name) => {
    const skipped: (string | undefined)[] = [];
    for (const object of workloadObjects(exampleOf(name))) {
      if (!(await isServed(object))) {
        skipped.push(object.kind);
        continue;
      }
      const { status, body } = await submit(object);
      expect([object.kind, status, body.message]).toEqual([object.kind, 201, undefined]);
    }
    expect(MAY_BE_MISSING).toEqual(expect.arrayContaining(skipped));
  });

  test("applied again change nothing", async () => {
    for (const object of workloadObjects(exampleOf("inference"))) {
      if (!(await isServed(object))) continue;
      const before = await admin.get(pathOf(object));
      const after = await submit(object);
      expect(after.body.metadata?.resourceVersion).toBe(before.body.metadata?.resourceVersion);
    }
  });

  test("are found again by their owner's selector, and no other Intent's with them", async () => {
    const selector = encodeURIComponent(ownedSelector("hub-1", exampleOf("batch").intent));
    const { body } = await admin.get(`/apis/batch/v1/jobs?labelSelector=${selector}`);
    const owners = body.items?.map(({ metadata }) => metadata?.annotations?.["flare.clastix.io/intent"]);
    expect(owners).toEqual(["team-a/render"]);
  });

  test("of any other valid Intent are accepted too", async () => {
    const namespace = "any";
    await admin.create("/api/v1/namespaces", { metadata: { name: namespace } });
    const objects = fc.sample(anyInput, { numRuns: 20, seed: 7 }).flatMap(workloadObjects);
    const refused: unknown[] = [];
    for (const object of objects) {
      const moved = { ...object, metadata: { ...object.metadata, namespace } };
      if (object.kind === "Namespace" || !(await isServed(moved))) continue;
      const { status, body } = await admin.request("POST", `${pathOf(moved, true)}?dryRun=All`, moved);
      if (status !== 201) refused.push([object.kind, status, body.message]);
    }
    expect(refused).toEqual([]);
  });

  test("the server makes a Job's selector itself", async () => {
    const [job] = workloadObjects(exampleOf("batch")).filter(({ kind }) => kind === "Job");
    const { body } = await admin.get(pathOf(job ?? {}));
    expect(body.spec).toMatchObject({ selector: { matchLabels: expect.anything() } });
  });
});
