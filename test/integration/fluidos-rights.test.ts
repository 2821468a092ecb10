/** An Intent is bought for and given back under the rights of manifests/hub/with-fluidos and no others. */
import { afterEach, expect, it } from "vitest";
import { applyManifests } from "../support/discovery.ts";
import { loadManifests } from "../support/manifests.ts";
import { deployed, objectsIn, startFederatedHub } from "./fluidos-harness.ts";
import { statusOf, until } from "./hub-harness.ts";
import { intent, madeIn, startHubOn } from "./intents-harness.ts";

const RBAC = ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const MANIFESTS = [
  "manifests/hub",
  "manifests/hub/components/fluidos",
  "manifests/hub/components/federation",
  "manifests/hub/components/own-cluster",
]
  .flatMap(loadManifests)
  .filter(({ kind }) => RBAC.includes(kind));

let fed: Awaited<ReturnType<typeof startFederatedHub>> | undefined;
afterEach(() => fed?.close());

it("the rights are enough: also where a candidate fails, and for all of the clean-up", async () => {
  // Of upstream FLUIDOS, so that the hub has to ask Liqo for the second slice itself.
  fed = await startFederatedHub({ alpha: ["4"], beta: ["8", "9"] }, { defects: { peersOnce: true } });
  const { federation, hub, intents, flavors } = fed;
  const { sandbox } = federation.consumer;
  await applyManifests(federation.consumer.admin, MANIFESTS);
  const kubeconfig = sandbox.kubeconfigFor({ serviceAccount: "flare-hub", namespace: "flare-system" });
  const fluidos = {
    discoverEvery: "1s",
    reservationTimeout: "5s",
    peeringTimeout: "60s",
    sliceTimeout: "1s",
    grantTimeout: "2s",
  };
  const running = startHubOn({ ...hub, kubeconfig }, {}, undefined, { fluidos });
  await until(async () => (await statusOf(hub, "fed")).gpus).toEqual({ total: 12, free: 12 });
  federation.provider("alpha").failNext("purchase");
  await intents.submit(intent("train"));
  expect((await deployed(fed, "train")).placement?.node).toBe(flavors.beta?.[0]);
  await intents.submit(intent("serve"));
  expect((await deployed(fed, "serve")).placement?.node).toBe(flavors.beta?.[1]);
  for (const name of ["train", "serve"]) await intents.remove(name);
  for (const name of ["train", "serve"]) await until(() => intents.exists(name)).toBe(false);
  expect(await objectsIn(fed)).toEqual({});
  expect(await madeIn(hub)).toEqual([]);
  await until(async () => await federation.consumer.names("solvers")).toEqual([]);
  await running.stop();
  expect(running.log.filter((line) => /forbidden/i.test(line))).toEqual([]);
});
