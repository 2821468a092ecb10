import { describe, expect, it } from "vitest";
import { type ConnectionFacts, providerConditions } from "../../../src/hub/providers/conditions.ts";
import { kubeconfigProblem } from "../../../src/hub/providers/kubeconfig-check.ts";
import { nextStatus, type StatusFacts } from "../../../src/hub/providers/provider-status.ts";
import type { Provider } from "../../../src/intent/resources.ts";
import { KubeError, type KubeErrorCode } from "../../../src/kubernetes/kube-error.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const WELL: ConnectionFacts = {
  kubeconfig: { state: "found", text: "" },
  failure: undefined,
  failingSince: undefined,
  lastContactAt: NOW,
  synced: true,
  gpuNodes: 3,
};
const failing = (code: KubeErrorCode, status?: number): Partial<ConnectionFacts> => ({
  failure: new KubeError(code, "what happened", { status }),
  failingSince: NOW - 150_000,
});
const told = (facts: Partial<ConnectionFacts>): string[] =>
  providerConditions({ ...WELL, ...facts }, NOW).map(({ status, reason }) => `${status} ${reason}`);

describe("the conditions of a provider (Reachable, Authorized, Synced)", () => {
  const secret = {
    state: "problem",
    reason: "SecretNotFound",
    message: "Secret a/b does not exist",
  } as const;
  it.each<[string, Partial<ConnectionFacts>, string[]]>([
    ["where all is well", {}, ["True Connected", "True Authorized", "True Synced"]],
    [
      "of the hub's own cluster",
      { kubeconfig: { state: "in-cluster" } },
      ["True Connected", "True Authorized", "True Synced"],
    ],
    [
      "before the Secret was read",
      { kubeconfig: { state: "waiting" }, lastContactAt: undefined, synced: false },
      ["Unknown Waiting", "Unknown Waiting", "False Listing"],
    ],
    [
      "before the first answer",
      { lastContactAt: undefined, synced: false },
      ["Unknown Connecting", "Unknown Connecting", "False Listing"],
    ],
    ["while it lists", { synced: false }, ["True Connected", "True Authorized", "False Listing"]],
    ["without GPU nodes", { gpuNodes: 0 }, ["True Connected", "True Authorized", "True NoGPUNodes"]],
    [
      "without its Secret",
      { kubeconfig: secret, synced: false },
      ["False SecretNotFound", "Unknown SecretNotFound", "False Listing"],
    ],
    [
      "that nobody answers for",
      failing("unreachable"),
      ["False Unreachable", "Unknown Unreachable", "False Stale"],
    ],
    ["that is silent", failing("silent"), ["False Timeout", "Unknown Timeout", "False Stale"]],
    ["that is slow", failing("timeout"), ["False Timeout", "Unknown Timeout", "False Stale"]],
    [
      "whose certificate is not trusted",
      failing("certificate"),
      ["False CertificateNotTrusted", "Unknown CertificateNotTrusted", "False Stale"],
    ],
    [
      "whose kubeconfig leads nowhere",
      failing("config"),
      ["False KubeconfigInvalid", "Unknown KubeconfigInvalid", "False Stale"],
    ],
    [
      "that is no Kubernetes",
      failing("not-found", 404),
      ["False NotKubernetes", "Unknown NotKubernetes", "False Stale"],
    ],
    [
      "whose server fails",
      failing("server", 500),
      ["False ServerError", "Unknown ServerError", "False Stale"],
    ],
    [
      "whose token has expired",
      failing("unauthorized", 401),
      ["True Connected", "False TokenRejected", "False Stale"],
    ],
    [
      "that lets the hub read no pods",
      failing("forbidden", 403),
      ["True Connected", "False Forbidden", "False Stale"],
    ],
  ])("%s", (_, facts, expected) => {
    expect(told(facts)).toEqual(expected);
  });

  it("tell in words what happened, and for how long in whole minutes", () => {
    const conditions = providerConditions({ ...WELL, ...failing("unreachable") }, NOW);
    expect(conditions.map(({ message }) => message)).toEqual([
      "what happened",
      "it can only be told when the API answers",
      "the inventory was not kept current for 2m",
    ]);
  });
});

describe("the status of a provider", () => {
  const provider = (status?: Provider["status"]): Provider => ({
    apiVersion: "flare.clastix.io/v1alpha1",
    kind: "Provider",
    metadata: { name: "alpha", generation: 4 },
    spec: { engine: "direct", paused: false, priceFactor: 1 },
    ...(status === undefined ? {} : { status }),
  });
  const facts = (parts: Partial<StatusFacts> = {}): StatusFacts => ({
    conditions: providerConditions(WELL, NOW),
    lastContactAt: NOW,
    version: "v1.34.0",
    nodes: 3,
    gpus: { total: 24, free: 20 },
    problems: [],
    ...parts,
  });
  const first = nextStatus(provider(), facts(), NOW);

  it("is written once, and not again while nothing changes", () => {
    expect(first).toMatchObject({
      observedGeneration: 4,
      nodes: 3,
      gpus: { total: 24, free: 20 },
      version: "v1.34.0",
      lastContact: "2026-01-01T12:00:00Z",
    });
    expect(first).not.toHaveProperty("message");
    expect(nextStatus(provider(first), facts(), NOW + 1000)).toBeUndefined();
    expect(
      nextStatus(provider(first), facts({ gpus: { total: 24, free: 19 } }), NOW + 1000)?.gpus?.free,
    ).toBe(19);
  });

  it("is written for the last contact alone once a minute", () => {
    expect(nextStatus(provider(first), facts({ lastContactAt: NOW + 59_000 }), NOW + 59_000)).toBeUndefined();
    expect(
      nextStatus(provider(first), facts({ lastContactAt: NOW + 60_000 }), NOW + 60_000)?.lastContact,
    ).toBe("2026-01-01T12:01:00Z");
  });

  it("keeps the time of a condition's last transition while its status stays", () => {
    const later = facts({
      conditions: providerConditions({ ...WELL, gpuNodes: 0, ...failing("forbidden", 403) }, NOW),
    });
    const times = nextStatus(provider(first), later, NOW + 5000)?.conditions?.map(
      ({ lastTransitionTime }) => lastTransitionTime,
    );
    expect(times).toEqual(["2026-01-01T12:00:00Z", "2026-01-01T12:00:05Z", "2026-01-01T12:00:05Z"]);
  });

  it("says in one message what is wrong, and counts what it has no room for", () => {
    const problems = ["one", "two", "three", "four", "five"];
    const conditions = providerConditions({ ...WELL, ...failing("forbidden", 403) }, NOW);
    expect(nextStatus(provider(), facts({ problems, conditions }), NOW)?.message).toBe(
      "what happened; the inventory was not kept current for 2m; one; two; three; and 2 more problems",
    );
  });
});

describe("a kubeconfig from a Secret", () => {
  const user = (setting: string): string => `users: [{ name: a, user: { ${setting} } }]`;
  it.each([
    ["with a token", user("token: t"), undefined],
    ["with certificates inline", user("client-certificate-data: YQ==, client-key-data: YQ=="), undefined],
    ["that runs a program", user("exec: { command: sh }"), "KubeconfigUnsafe"],
    [
      "that reads a token file",
      user("tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token"),
      "KubeconfigUnsafe",
    ],
    ["that names an auth provider", user("auth-provider: { name: gcp }"), "KubeconfigUnsafe"],
    ["that reads a key file", user("client-key: /etc/key"), "KubeconfigUnsafe"],
    [
      "that reads a CA file",
      "clusters: [{ name: a, cluster: { certificate-authority: /etc/ca } }]",
      "KubeconfigUnsafe",
    ],
    ["that is empty", "  \n", "KubeconfigInvalid"],
    ["that is no mapping", "- a", "KubeconfigInvalid"],
    ["that is no YAML", "a: [", "KubeconfigInvalid"],
  ])("%s", (_, text, reason) => {
    expect(kubeconfigProblem(text)?.reason).toBe(reason);
  });

  it("is not quoted when it cannot be read: it may hold a token", () => {
    expect(kubeconfigProblem("users: [{ token: s3cret")?.message).not.toContain("s3cret");
  });
});
