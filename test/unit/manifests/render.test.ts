import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { shapeErrors } from "../../support/kubernetes-shapes.ts";
import {
  kustomizeIsThere,
  loadManifests,
  type Manifest,
  parseManifests,
  renderKustomization,
  renderWithComponent,
} from "../../support/manifests.ts";

const golden = (name: string): string => `test/unit/manifests/golden/${name}.yaml`;
const identity = ({ apiVersion, kind, metadata }: Manifest): string =>
  `${apiVersion}/${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
const byIdentity = (objects: readonly Manifest[]): Record<string, Manifest> =>
  Object.fromEntries(objects.map((object) => [identity(object), object]));

const variants = [
  { name: "agent", render: () => renderKustomization("manifests/agent") },
  ...["pod-monitor", "gpu-nodes-only", "restricted"].map((component) => ({
    name: component,
    render: () =>
      renderWithComponent("manifests/agent/older-clusters", `manifests/agent/components/${component}`),
  })),
];

describe("manifests/agent", () => {
  test.runIf(kustomizeIsThere()).each(variants)("renders $name as reviewed", async ({ name, render }) => {
    await expect(render()).toMatchFileSnapshot(golden(name).replace("test/unit/manifests/", ""));
  });

  test("agent as reviewed is what its files say, without kustomize too", () => {
    const rendered = parseManifests(readFileSync(golden("agent"), "utf8"));
    expect(byIdentity(rendered)).toEqual(byIdentity(loadManifests("manifests/agent")));
  });

  test("older clusters get the same without the admission policy", () => {
    const older = loadManifests("manifests/agent/older-clusters");
    const full = loadManifests("manifests/agent");
    expect(older).toEqual(full.filter(({ kind }) => !kind.startsWith("ValidatingAdmissionPolicy")));
  });

  const reviewed = variants.flatMap(({ name }) =>
    parseManifests(readFileSync(golden(name), "utf8")).map((object) => ({
      name,
      object,
      id: identity(object),
    })),
  );
  const known = reviewed.filter(({ object }) => !object.apiVersion.startsWith("monitoring.coreos.com/"));

  test.each(known)("$name: $id has only fields that its type has", ({ object }) => {
    expect(shapeErrors(object, `V1${object.kind}`)).toEqual([]);
  });

  test("the shape check finds a misspelt field and a wrong type", () => {
    const spec = {
      selector: {},
      template: { spec: { containers: [{ name: "a", imagePullPolice: "Always" }] } },
    };
    const daemonSet = { kind: "DaemonSet", metadata: { name: 1 }, spec };
    expect(shapeErrors(daemonSet, "V1DaemonSet")).toEqual([
      "V1DaemonSet.metadata.name: string is expected",
      "V1DaemonSet.spec.template.spec.containers[0].imagePullPolice: no such field",
    ]);
  });
});
