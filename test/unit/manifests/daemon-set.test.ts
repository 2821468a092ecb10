import { describe, expect, test } from "vitest";
import { dockerfileInstructions } from "../../support/dockerfile.ts";
import { loadManifests } from "../../support/manifests.ts";

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: unknown;
  readonly resources: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly readOnly?: boolean }[];
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}
interface PodTemplate {
  readonly metadata: { readonly labels: Labels; readonly annotations: Labels };
  readonly spec: {
    readonly containers: readonly [Container];
    readonly securityContext: { readonly runAsUser: number; readonly runAsNonRoot: boolean };
    readonly priorityClassName: string;
    readonly serviceAccountName: string;
  };
}
type Labels = Readonly<Record<string, string>>;
interface Specs {
  readonly DaemonSet: { readonly selector: { readonly matchLabels: Labels }; readonly template: PodTemplate };
  readonly NetworkPolicy: {
    readonly podSelector: { readonly matchLabels: Labels };
    readonly ingress: unknown;
  };
}

const objects = loadManifests("manifests/agent");
const find = (kind: string) => {
  const object = objects.find((candidate) => candidate.kind === kind);
  if (object === undefined) throw new Error(`no ${kind} in manifests/agent`);
  return object;
};
const specOf = <K extends keyof Specs>(kind: K): Specs[K] => find(kind).spec as Specs[K];

const { template, selector } = specOf("DaemonSet");
const [container] = template.spec.containers;

describe("the DaemonSet", () => {
  test("asks the port that it opens, for health and for metrics", () => {
    expect(container.ports).toHaveLength(1);
    const [port] = container.ports;
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"] as const) {
      expect(container[probe]?.httpGet.port).toBe(port?.name);
    }
    expect(template.metadata.annotations["prometheus.io/port"]).toBe(String(port?.containerPort));
    expect(specOf("NetworkPolicy").ingress).toEqual([{ ports: [{ port: port?.name }] }]);
  });

  test("is selected by its own selector and by the NetworkPolicy", () => {
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(template.metadata.labels).toMatchObject(specOf("NetworkPolicy").podSelector.matchLabels);
  });

  test("names a ServiceAccount and a PriorityClass that are shipped", () => {
    expect(template.spec.serviceAccountName).toBe(find("ServiceAccount").metadata.name);
    expect(template.spec.priorityClassName).toBe(find("PriorityClass").metadata.name);
  });

  test("runs with the rights of nobody, as the image's user", () => {
    const user = dockerfileInstructions().find(({ name }) => name === "USER")?.text;
    const { runAsUser } = template.spec.securityContext;
    expect(`${runAsUser}:${runAsUser}`).toBe(user);
    expect(template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.volumeMounts.every(({ readOnly }) => readOnly === true)).toBe(true);
  });

  test("requests what is measured, and has a limit on memory alone", () => {
    expect(container.resources).toEqual({
      requests: { cpu: "10m", memory: "64Mi" },
      limits: { memory: "128Mi" },
    });
  });
});
