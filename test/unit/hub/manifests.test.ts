import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readHubConfig } from "../../../src/hub/config-file.ts";
import { dockerfileInstructions, imageRuntime } from "../../support/dockerfile.ts";
import { shapeErrors } from "../../support/kubernetes-shapes.ts";
import {
  hubCommand,
  kustomizeIsThere,
  loadManifests,
  type Manifest,
  parseManifests,
  renderKustomization,
  renderWithComponent,
} from "../../support/manifests.ts";

const identity = ({ apiVersion, kind, metadata }: Manifest): string =>
  `${apiVersion}/${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
const byIdentity = (objects: readonly Manifest[]): Record<string, Manifest> =>
  Object.fromEntries(objects.map((object) => [identity(object), object]));
const variants = [
  { name: "hub", render: () => renderKustomization("manifests/hub") },
  { name: "hub-federation", render: () => renderKustomization("manifests/hub/with-federation") },
  { name: "hub-fluidos", render: () => renderKustomization("manifests/hub/with-fluidos") },
  { name: "provider-hub", render: () => renderKustomization("manifests/provider-hub") },
  { name: "provider", render: () => renderKustomization("manifests/provider") },
  {
    name: "provider-capsule",
    render: () => renderWithComponent("manifests/provider", "manifests/provider/components/capsule"),
  },
];
const golden = (name: string): Manifest[] =>
  parseManifests(readFileSync(`test/unit/hub/golden/${name}.yaml`, "utf8"));
const objects = loadManifests("manifests/hub");
const find = (kind: string): Manifest => {
  const object = objects.find((candidate) => candidate.kind === kind);
  if (object === undefined) throw new Error(`no ${kind} in manifests/hub`);
  return object;
};

interface PodTemplate {
  readonly metadata: { readonly labels: object; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly securityContext: { readonly runAsUser: number };
    readonly containers: readonly [Readonly<Record<string, unknown>> & { readonly args: readonly string[] }];
  };
}
const { template, replicas } = find("Deployment").spec as {
  readonly template: PodTemplate;
  readonly replicas: number;
};
const [container] = template.spec.containers;

describe("manifests/hub", () => {
  test.runIf(kustomizeIsThere()).each(variants)("renders $name as reviewed", async ({ name, render }) => {
    await expect(render()).toMatchFileSnapshot(`golden/${name}.yaml`);
  });

  test.each(["hub", "provider-hub"])(
    "%s as reviewed is what its files say, without kustomize too",
    (name) => {
      expect(byIdentity(golden(name))).toEqual(byIdentity(loadManifests(`manifests/${name}`)));
    },
  );

  test.runIf(kustomizeIsThere())(
    "own-cluster gives the hub where it lives what it may do at providers, and no more",
    () => {
      const rendered = renderWithComponent("manifests/hub", "manifests/hub/components/own-cluster") ?? "";
      expect(byIdentity(parseManifests(rendered))).toEqual(
        byIdentity([...objects, ...loadManifests("manifests/provider/rights")]),
      );
    },
  );

  test.each(
    variants.flatMap(({ name }) => golden(name).map((object) => ({ name, object, id: identity(object) }))),
  )("$name: $id has only fields that its type has", ({ object }) => {
    expect(shapeErrors(object, `V1${object.kind}`)).toEqual([]);
  });

  test("the shipped configuration is one that the hub reads, with leader election for its replicas", () => {
    const text = (find("ConfigMap") as unknown as { readonly data: Readonly<Record<string, string>> }).data[
      "hub.yaml"
    ];
    const read = readHubConfig("hub.yaml", text ?? "");
    expect(read).toMatchObject({
      ok: true,
      config: {
        leaderElection: { enabled: true, lease: "flare-hub" },
        api: { listen: { host: "", port: 8080 }, tokens: { namespace: "flare-tokens" } },
      },
    });
    expect(container.args).toEqual(["hub", "--config", "/etc/flare/hub.yaml"]);
    expect(container.volumeMounts).toEqual([
      { name: "config", mountPath: "/etc/flare", readOnly: true },
      { name: "webhooks", mountPath: "/etc/flare-webhooks", readOnly: true },
    ]);
    expect(replicas).toBe(2);
  });

  test.each(["manifests/hub", "manifests/provider-hub"])(
    "%s runs the program of the image with optimised code, which the agent does without",
    (path) => {
      const { program, flags } = hubCommand(path);
      expect(program).toEqual(imageRuntime().program);
      expect(flags).toEqual(["--max-semi-space-size=16"]);
      expect(imageRuntime().flags).toContain("--no-opt");
    },
  );

  test("selectors select the pods, ports and accounts are the ones that are there", () => {
    const selector = { matchLabels: { "app.kubernetes.io/name": "flare-hub" } };
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(find("PodDisruptionBudget").spec).toEqual({ minAvailable: 1, selector });
    expect(find("NetworkPolicy").spec).toMatchObject({
      podSelector: selector,
      ingress: [{ ports: [{ port: "metrics" }] }, { ports: [{ port: "api" }] }],
    });
    expect(container.ports).toEqual([
      { name: "metrics", containerPort: 9465 },
      { name: "api", containerPort: 8080 },
    ]);
    expect(find("Service").spec).toMatchObject({
      selector: selector.matchLabels,
      ports: [{ name: "api", targetPort: "api" }],
    });
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
      expect(container[probe]).toMatchObject({ httpGet: { port: "metrics" } });
    expect(template.metadata.annotations["prometheus.io/port"]).toBe("9465");
    expect(template.spec.serviceAccountName).toBe(find("ServiceAccount").metadata.name);
  });

  test("the hub runs with the rights of nobody, as the image's user", () => {
    const user = dockerfileInstructions().find(({ name }) => name === "USER")?.text;
    const { runAsUser } = template.spec.securityContext;
    expect(`${runAsUser}:${runAsUser}`).toBe(user);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("no rule has a wildcard, and the rights it is bound to read Secrets in its own namespace, and write those of tokens alone", () => {
    const bound = golden("hub-fluidos").flatMap((object) => {
      const to = object.roleRef as { readonly kind: string; readonly name: string } | undefined;
      return to === undefined ? [] : [`${to.kind} ${to.name}`];
    });
    const rules = golden("hub-fluidos").flatMap((object) =>
      (
        (object.rules ?? []) as {
          readonly apiGroups: string[];
          readonly resources: string[];
          readonly verbs: string[];
        }[]
      ).map((rule) => ({
        ...rule,
        in: object.metadata.namespace,
        kind: object.kind,
        isBound: bound.includes(`${object.kind} ${object.metadata.name}`),
      })),
    );
    for (const { apiGroups, resources, verbs } of rules)
      expect([...apiGroups, ...resources, ...verbs]).not.toContain("*");
    const secrets = rules.filter(({ resources, isBound }) => isBound && resources.includes("secrets"));
    expect(secrets.map((rule) => [rule.kind, rule.in, rule.verbs])).toEqual([
      ["Role", "flare-system", ["get", "list", "watch"]],
      ["Role", "flare-tokens", ["list", "watch", "create", "patch", "delete"]],
    ]);
  });

  test("at a provider it writes Secrets and reads none, and no rule has a wildcard", () => {
    const rules = golden("provider").flatMap(
      (object) => (object.rules ?? []) as Readonly<Record<string, string[]>>[],
    );
    for (const rule of rules) expect(Object.values(rule).flat()).not.toContain("*");
    const secrets = rules.filter(({ resources }) => resources?.includes("secrets"));
    expect(secrets.map(({ verbs }) => verbs)).toEqual([["create", "patch"]]);
  });
});

describe.each(["hub", "provider-hub"])("manifests/%s beside the agent's", (name) => {
  const specOf = (folder: string, wanted: string) =>
    loadManifests(`manifests/${folder}`).find(({ kind }) => kind === wanted)?.spec as Record<string, unknown>;

  test("lets it reach API servers by every port by which the agent does", () => {
    const portsOf = (folder: string): readonly unknown[] =>
      (
        specOf(folder, "NetworkPolicy") as unknown as {
          readonly egress: readonly { readonly ports: readonly { readonly port: number }[] }[];
        }
      ).egress.flatMap(({ ports }) => ports.map(({ port }) => port));
    expect(portsOf(name)).toEqual(expect.arrayContaining([...portsOf("agent")]));
  });
});

describe("manifests/provider-hub", () => {
  const own = loadManifests("manifests/provider-hub");

  test.each(own.map((object) => ({ object, id: identity(object) })))(
    "$id has only fields that its type has",
    ({ object }) => expect(shapeErrors(object, `V1${object.kind}`)).toEqual([]),
  );

  test("the shipped configuration is one that the hub reads: of a provider", () => {
    const [map] = own.filter(({ kind }) => kind === "ConfigMap") as unknown as [
      { readonly data: Readonly<Record<string, string>> },
    ];
    expect(readHubConfig("hub.yaml", map.data["hub.yaml"] ?? "")).toMatchObject({
      ok: true,
      config: { role: "provider", provider: { name: "local" }, leaderElection: { enabled: false } },
    });
  });
});
