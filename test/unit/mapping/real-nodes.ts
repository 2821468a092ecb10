import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type KubeNode, viewOfNode } from "../../../src/agent/node-view.ts";
import type { NodeFacts } from "../../../src/mapping/facts.ts";

const FIXTURES = "fixtures/nodes";
/** Beside a checkout of the project's authors; elsewhere it is absent and the fixtures stand for it. */
const COLLECTION = "../shared/data/real-nodes.jsonl";

/** Nodes of real clusters that are part of the repository. */
export function fixtureNodes(): readonly { readonly title: string; readonly facts: NodeFacts }[] {
  return readdirSync(FIXTURES)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => {
      const node = parse(readFileSync(join(FIXTURES, file), "utf8")) as KubeNode;
      return { title: file.replace(".yaml", ""), facts: viewOfNode(node).facts };
    });
}

/** Every node of the collection, or undefined where it is absent. */
export function collectedNodes():
  | readonly { readonly title: string; readonly facts: NodeFacts }[]
  | undefined {
  if (!existsSync(COLLECTION)) return undefined;
  const lines = readFileSync(COLLECTION, "utf8").trim().split("\n");
  return lines.map((line, index) => {
    const { source, note, labels = {}, allocatable } = JSON.parse(line) as Record<string, never>;
    const facts = {
      name: `node-${index + 1}`,
      labels,
      annotations: {},
      ...(allocatable ? { allocatable } : {}),
    };
    return { title: `${index + 1} ${source}: ${note}`, facts };
  });
}
