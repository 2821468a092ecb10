import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseAllocation } from "../../../src/fluidos/allocation.ts";
import { parseConfiguration } from "../../../src/fluidos/configuration.ts";
import {
  buildDiscoverySolver,
  hasEnded,
  parseDiscovery,
  parseSolver,
} from "../../../src/fluidos/discovery.ts";
import { parseIdentity, parseKnownCluster } from "../../../src/fluidos/identity.ts";
import {
  parseForeignCluster,
  parseLiqoNode,
  parseNamespaceOffloading,
  parseResourceSlice,
  parseVirtualNode,
} from "../../../src/fluidos/liqo.ts";
import { buildReservation, parseReservation } from "../../../src/fluidos/reservation.ts";
import { compileSchema } from "../../../src/sandbox/custom-schema.ts";
import type { KubeObject } from "../../../src/sandbox/object.ts";
import { h100Node } from "./h100-node.ts";
import { crdOf, SAMPLES, sample, samplesAreThere } from "./samples.ts";
import { mark, offloading, reservation, round, WRITTEN } from "./written.ts";

describe("what we write", () => {
  it.skipIf(!samplesAreThere).each(WRITTEN)(
    "%s passes the real CRD, and none of its fields is pruned (needs ../shared)",
    (_, { group, plural }, object) => {
      const crd = parse(crdOf(group, plural) ?? "");
      const schema = compileSchema(crd.spec.versions[0].schema.openAPIV3Schema);
      expect(schema.problems(object as KubeObject)).toEqual([]);
      expect(schema.unknownFields(object as KubeObject)).toEqual([]);
    },
  );

  it("a Solver that discovers only: nothing that is known passes its filter, and it buys nothing", () => {
    expect(buildDiscoverySolver(round)).toMatchObject({
      spec: {
        findCandidate: true,
        reserveAndBuy: false,
        establishPeering: false,
        selector: { filters: { gpuFilters: [{ field: "model", filter: "StringFilter" }] } },
      },
    });
    // Providers are asked for everything: no filter that REAR would carry.
    expect(JSON.stringify(buildDiscoverySolver(round))).not.toMatch(
      /cpuFilter|storageFilter|architectureFilter/,
    );
  });

  it("a Reservation with the GPUs that it takes, and pods, so that the remainder is right", () => {
    expect(reservation).toMatchObject({
      spec: {
        solverID: "flare-1",
        reserve: true,
        purchase: true,
        seller: h100Node.owner,
        peeringCandidate: { name: "peeringcandidate-x", namespace: "fluidos" },
        configuration: {
          type: "K8Slice",
          data: {
            cpu: "4",
            memory: "16Gi",
            pods: "4",
            gpu: { model: "nvidia-h100", count: 1, memory: "80Gi", cores: "16896" },
          },
        },
      },
    });
  });

  it("never takes more than the Flavor has", () => {
    const taken = buildReservation({
      name: "x",
      namespace: "fluidos",
      ...mark,
      buyer: h100Node.owner,
      candidate: { name: "c", namespace: "fluidos", flavor: h100Node },
      part: { cpu: 400, memoryBytes: 2 ** 50, pods: 4000, gpus: 4 },
    });
    expect(taken).toMatchObject({
      spec: {
        configuration: {
          data: {
            cpu: "7936509182n",
            memory: "31206396Ki",
            pods: "110",
          },
        },
      },
    });
  });

  it.each([
    ["Liqo's own remote name", "team-a-x", { namespaceMappingStrategy: "DefaultName" }],
    [
      "a name of ours where Liqo's would have more than 63 characters",
      "n".repeat(60),
      { namespaceMappingStrategy: "SelectedName", remoteNamespaceName: "short-1" },
    ],
  ])("offloads a namespace under %s, to whole clusters", (_, namespace, strategy) => {
    expect(offloading(namespace)).toMatchObject({
      metadata: { name: "offloading", namespace },
      spec: {
        ...strategy,
        podOffloadingStrategy: "Remote",
        clusterSelector: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "liqo.io/remote-cluster-id", operator: "In", values: ["a", "b"] }] },
          ],
        },
      },
    });
  });
});

describe("what we read", () => {
  it.skipIf(!samplesAreThere).each(SAMPLES)(
    "%s of the samples (needs ../shared)",
    (_, file, read, expected) => {
      expect(read(sample(file))).toMatchObject(expected);
    },
  );

  it("Allocation `Active` is not peering ready: slice, node and peering tell for themselves", () => {
    const conditions = [
      { type: "Authentication", status: "Accepted" },
      { type: "Resources", status: "Denied", message: "no GPU here" },
    ];
    expect(
      parseResourceSlice({ status: { conditions, resources: { cpu: "4", "nvidia.com/gpu": "1" } } }),
    ).toMatchObject({
      resources: "Denied",
      message: "no GPU here",
      granted: { cpu: 4, "nvidia.com/gpu": 1 },
    });
    expect(
      parseVirtualNode({
        metadata: { name: "contract-x" },
        spec: { clusterID: "p" },
        status: {
          conditions: [
            { type: "VirtualKubelet", status: "Running" },
            { type: "Node", status: "Creating" },
          ],
        },
      }),
    ).toMatchObject({ name: "contract-x", cluster: "p", kubelet: "Running", node: "Creating" });
    expect(
      parseLiqoNode({
        metadata: { name: "contract-x", labels: { "liqo.io/remote-cluster-id": "p" } },
        spec: { taints: [{ key: "virtual-node.liqo.io/not-allowed", effect: "NoExecute" }] },
        status: {
          allocatable: { "nvidia.com/gpu": "2", cpu: "1500m" },
          conditions: [{ type: "Ready", status: "True" }],
        },
      }),
    ).toMatchObject({ ready: true, hostname: "contract-x", allocatable: { "nvidia.com/gpu": 2, cpu: 1.5 } });
  });

  it("a ForeignCluster of which a module that is switched off is not broken", () => {
    const modules = {
      networking: {
        enabled: true,
        conditions: [{ type: "NetworkConnectionStatus", status: "Error", message: "lost" }],
      },
      offloading: { enabled: false, conditions: [{ type: "OffloadingNodeStatus", status: "NotReady" }] },
    };
    expect(
      parseForeignCluster({ metadata: { name: "p" }, spec: { clusterID: "p" }, status: { modules } }).broken,
    ).toEqual([{ type: "NetworkConnectionStatus", message: "lost" }]);
  });

  it.each([
    [{}, "has no domain, nodeID, port, ip"],
    [{ data: { domain: "d", nodeID: "n", port: 30000 } }, "has no ip"],
  ])("an identity that is not whole names what is missing: %j", (object, message) => {
    expect(parseIdentity(object)).toEqual({
      ok: false,
      problem: `ConfigMap fluidos-node-identity ${message}`,
    });
  });

  it("an identity without ip is that of the API server's address", () => {
    const object = { data: { domain: "d", nodeID: "n", port: "30000" } };
    expect(parseIdentity(object, "10.0.0.1")).toMatchObject({ ok: true, identity: { ip: "10.0.0.1:30000" } });
  });

  it("phases that end, with the space in one of them", () => {
    const all = ["Solved", "Failed", "Timed Out", "Running", "Idle", "Allocating", "Active", "Pending", ""];
    expect(all.filter(hasEnded)).toEqual(["Solved", "Failed", "Timed Out"]);
  });

  it("never throws", () => {
    const readers = [
      parseIdentity,
      parseKnownCluster,
      parseSolver,
      parseDiscovery,
      parseReservation,
      parseAllocation,
      parseConfiguration,
      parseResourceSlice,
      parseVirtualNode,
      parseLiqoNode,
      parseForeignCluster,
      parseNamespaceOffloading,
    ];
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const json: unknown = JSON.parse(text);
        for (const read of readers) {
          expect(() => read(json)).not.toThrow();
          expect(() => read({ metadata: json, spec: json, status: json, data: json })).not.toThrow();
          const inner = { phase: json, conditions: [json], resources: json, modules: { networking: json } };
          expect(() =>
            read({ metadata: { labels: json }, spec: { resources: json }, status: inner }),
          ).not.toThrow();
        }
      }),
    );
  });
});
