import { describe, expect, it } from "vitest";
import { conflictsOf } from "../../../src/kubernetes/apply.ts";
import { KubeError } from "../../../src/kubernetes/kube-error.ts";
import { metadataOwners } from "../../../src/kubernetes/managed-fields.ts";
import { errorFromNetwork } from "../../../src/kubernetes/network-error.ts";
import { errorFromWatch } from "../../../src/kubernetes/status-error.ts";

const errno = (code: string): Error => Object.assign(new Error(`told by ${code}`), { code });

describe("an error of the network", () => {
  it.each([
    ["CERT_HAS_EXPIRED", "certificate", /certificate of https:\/\/k8s is not trusted.*the machine's clock/],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "certificate", /certificate-authority/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "certificate", /tls-server-name/],
    [
      "ENOTFOUND",
      "unreachable",
      /does not resolve; check the server address in the kubeconfig \(ENOTFOUND\)/,
    ],
    ["EHOSTUNREACH", "unreachable", /VPN or NetworkPolicy/],
    ["EPROTO", "unreachable", /no TLS there/],
    ["HPE_INVALID_CONSTANT", "protocol", /told by HPE_INVALID_CONSTANT/],
    ["EUNHEARD", "unreachable", /told by EUNHEARD/],
  ])("%s becomes %s and says what to look at", (code, expected, message) => {
    const error = errorFromNetwork("get nodes", "https://k8s", errno(code));
    expect(error).toMatchObject({ code: expected, message: expect.stringMatching(message) });
    expect(error.message).toMatch(/^get nodes: .*https:\/\/k8s/);
  });

  it("of several addresses tells of the first", () => {
    const both = new AggregateError([errno("ECONNREFUSED"), errno("ENETUNREACH")]);
    expect(errorFromNetwork("x", "https://k8s", both).message).toContain("nothing listens there");
  });
});

describe("an ERROR event of a watch", () => {
  it.each([
    [{ kind: "Status", code: 410, reason: "Expired", message: "too old" }, "gone"],
    [{ kind: "Status", code: 429, details: { retryAfterSeconds: 3 } }, "throttled"],
    [{ kind: "Status" }, "server"],
    [null, "server"],
  ])("%j is understood as %s", (object, code) => {
    expect(errorFromWatch("watch nodes", object).code).toBe(code);
  });

  it("tells how long to wait", () => {
    expect(errorFromWatch("w", { code: 429, details: { retryAfterSeconds: 3 } }).retryAfterMs).toBe(3000);
  });
});

describe("conflictsOf", () => {
  it.each([
    ["another failure", new KubeError("forbidden", "no")],
    [
      "a conflict of versions, which is no question of owners",
      new KubeError("conflict", "modified meanwhile"),
    ],
    ["something that is no KubeError", new Error("x")],
  ])("finds none in %s", (_name, error) => {
    expect(conflictsOf(error)).toBeUndefined();
  });

  it("reads managers with a subresource and a time", () => {
    const cause = {
      reason: "FieldManagerConflict",
      field: ".metadata.labels.a",
      message: 'conflict with "kubelet" with subresource "status" using v1 at 2026-01-01T00:00:00Z',
    };
    expect(conflictsOf(new KubeError("conflict", "", { causes: [cause] }))).toEqual([
      { field: ".metadata.labels.a", manager: "kubelet" },
    ]);
  });
});

describe("metadataOwners", () => {
  it("tells all owners of a key, and of no key that was not asked for", () => {
    const entry = (manager: string, keys: readonly string[]) => ({
      manager,
      operation: "Update",
      fieldsV1: {
        "f:metadata": {
          "f:annotations": { ".": {}, ...Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) },
        },
      },
    });
    const owners = metadataOwners([entry("a", ["x/1", "y/1"]), entry("b", ["x/1"])], (key) =>
      key.startsWith("x/"),
    );
    expect([...owners.annotations]).toEqual([
      [
        "x/1",
        [
          { manager: "a", operation: "Update" },
          { manager: "b", operation: "Update" },
        ],
      ],
    ]);
  });

  it.each([[undefined], [[]], [[{ fieldsV1: "text" }]], [[{ fieldsV1: { "f:metadata": [] } }]]])(
    "reads %j",
    (entries) => {
      expect(metadataOwners(entries, () => true).annotations.size).toBe(0);
    },
  );
});
