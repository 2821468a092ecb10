/** Reads manifests/ as a cluster would get them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { type CommandParts, commandParts } from "./dockerfile.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document): Manifest => {
    for (const error of [...document.errors, ...document.warnings]) throw error;
    return document.toJS();
  });
}

/** The objects of a kustomization that only lists resources, as the base and the full agent do. */
export function loadManifests(path: string): Manifest[] {
  if (!statSync(path).isDirectory()) return parseManifests(readFileSync(path, "utf8"));
  const kustomization = parseManifests(readFileSync(join(path, "kustomization.yaml"), "utf8"))[0];
  const { resources } = kustomization as unknown as { readonly resources: readonly string[] };
  return resources.flatMap((resource) => loadManifests(join(path, resource)));
}

/** Renders a kustomization with `kubectl kustomize`; undefined where this machine has none from version 4 on. */
export function renderKustomization(path: string): string | undefined {
  if (!kustomizeIsThere()) return undefined;
  const { status, stdout, stderr } = spawnSync("kubectl", ["kustomize", path], { encoding: "utf8" });
  if (status !== 0) throw new Error(`kubectl kustomize ${path}: ${stderr}`);
  return stdout;
}

/** Renders `base` with one of its components. */
export function renderWithComponent(base: string, component: string): string | undefined {
  // Inside the repository, because kustomize takes relative paths only.
  const dir = mkdtempSync(resolve("manifests/.render-"));
  const toPath = (path: string): string => relative(dir, resolve(path));
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [toPath(base)],
    components: [toPath(component)],
  };
  writeFileSync(join(dir, "kustomization.yaml"), JSON.stringify(kustomization));
  try {
    return renderKustomization(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Debian's kubectl 1.20 carries kustomize 2, which knows neither directories as resources nor components. */
export function kustomizeIsThere(): boolean {
  const { status, stdout } = spawnSync("kubectl", ["version", "--client", "-o", "json"], {
    encoding: "utf8",
  });
  if (status !== 0) return false;
  const { kustomizeVersion } = JSON.parse(stdout) as { readonly kustomizeVersion?: string };
  return Number(/^v(\d+)\./.exec(kustomizeVersion ?? "")?.[1] ?? 0) >= 4;
}

/** How the Deployment of a hub starts Node. */
export function hubCommand(path = "manifests/hub"): CommandParts {
  const deployment = loadManifests(path).find(({ kind }) => kind === "Deployment") as unknown as {
    readonly spec: {
      readonly template: {
        readonly spec: { readonly containers: readonly [{ readonly command: string[] }] };
      };
    };
  };
  return commandParts(deployment.spec.template.spec.containers[0].command);
}
