/** What the hub asks of the API to buy for one Intent: no more than it has to. */
import { expect, it } from "vitest";
import { deployed, federatedHubs } from "./fluidos-harness.ts";
import { statusOf, until } from "./hub-harness.ts";
import { intent } from "./intents-harness.ts";

const { started } = federatedHubs();

it("an allocation looks once whether its namespace is there, and writes each object once", async () => {
  const fed = await started({ alpha: ["4"] });
  fed.start({ fluidos: { discoverEvery: "1h" } });
  await until(async () => (await statusOf(fed.hub, "fed")).gpus).toEqual({ total: 4, free: 4 });
  const { requests } = fed.federation.consumer.sandbox;
  requests.reset();
  await fed.intents.submit(intent("train"));
  await deployed(fed, "train");
  const count = (verb: string, resource: string): number => requests.count({ verb, resource });
  expect({
    "get namespaces": count("get", "namespaces"),
    "get configmaps": count("get", "configmaps"),
    "get contracts": count("get", "contracts"),
    "create reservations": count("create", "reservations"),
    "create allocations": count("create", "allocations"),
    "patch resourceslices": count("patch", "resourceslices"),
    "patch namespaceoffloadings": count("patch", "namespaceoffloadings"),
    "patch deployments": count("patch", "deployments"),
  }).toEqual({
    "get namespaces": 1,
    "get configmaps": 1,
    "get contracts": 0,
    "create reservations": 1,
    "create allocations": 1,
    "patch resourceslices": 1,
    "patch namespaceoffloadings": 1,
    "patch deployments": 1,
  });
});
